import { Alert, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { CircleBackslashIcon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { Form, Link, useParams, useSearchParams } from "@remix-run/react";
import { type KeyboardEvent, useCallback } from "react";
import { contentWords } from "#server/inbox/rules.ts";
import { FilterSelect, SearchField } from "../../components/filter-fields.tsx";
import { FilterLink } from "../../components/filter-links.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { withSearch } from "../../lib/params.ts";
import { useAccount } from "../../lib/use-account.ts";
import { useCursorPages } from "../../lib/use-cursor-pages.ts";
import { useFilter } from "../../lib/use-filter.ts";
import { calledBy } from "../_app.inbox.$id/load.ts";
import styles from "./inbox.module.css";
import { type ConversationPage, type ConversationRow, type LIST_PARAMS, listSearch } from "./load.ts";
import { ShortMoment } from "./short-moment.tsx";

/** The conversations, the newest first: found by what is typed, gone through with the arrows, or j and k. */
export function ConversationList({ page, unread, now }: { page: ConversationPage; unread: number; now: Date }) {
  const [search] = useSearchParams();
  const { id: open } = useParams();
  const query = listSearch(search);
  const address = useCallback(
    (cursor: string) => `/inbox/rows${withSearch(new URLSearchParams(query), { cursor })}`,
    [query],
  );
  const { rows, hasMore, loading, failed, loadMore } = useCursorPages<ConversationRow>(page, address);
  const narrowed = query !== "";
  return (
    <>
      <ListHead unread={unread} />
      {rows.length === 0 && (
        <Text c="dimmed" p="md" ta="center">
          {narrowed ? "No conversation is like that." : "Nobody has written yet."}
        </Text>
      )}
      <ul className={styles.rows} aria-label="Conversations" onKeyDown={goThrough}>
        {rows.map((row) => (
          <li key={row.id}>
            <Row row={row} to={`/inbox/${row.id}${query}`} here={row.id === open} now={now} />
          </li>
        ))}
        {(hasMore || failed) && (
          <li>
            <Stack p="sm" gap="xs" data-needs-script>
              {failed && (
                <Alert color="red" role="alert" icon={<ExclamationTriangleIcon aria-hidden />}>
                  The next conversations did not come. The connection may be interrupted.
                </Alert>
              )}
              <Button variant="default" size="sm" onClick={loadMore} loading={loading}>
                {failed ? "Try again" : "Older conversations"}
              </Button>
            </Stack>
          </li>
        )}
        <noscript>
          {page.nextCursor !== null && (
            <li>
              <LinkButton to={`/inbox${withSearch(search, { cursor: page.nextCursor })}`} variant="default" m="sm">
                Older conversations
              </LinkButton>
            </li>
          )}
        </noscript>
      </ul>
    </>
  );
}

const STEPS: Readonly<Record<string, 1 | -1>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

/** Within the list alone, so that no letter that somebody types or dictates elsewhere does anything. */
function goThrough(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("a[data-row]")];
  const at = links.findIndex((link) => link.contains(document.activeElement));
  const next = links[at === -1 ? 0 : at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function Row({ row, to, here, now }: { row: ConversationRow; to: string; here: boolean; now: Date }) {
  return (
    <Link
      to={to}
      className={styles.row}
      data-row
      data-unread={row.unread > 0 || undefined}
      aria-current={here ? "page" : undefined}
      preventScrollReset
    >
      <Text span className={styles.name}>
        {calledBy(row)}
      </Text>
      <Text span size="xs" c="dimmed">
        <ShortMoment at={row.lastAt} now={now} />
      </Text>
      <Text span size="sm" c="dimmed" className={styles.said}>
        {preview(row)}
      </Text>
      <Group gap={4} wrap="nowrap" justify="flex-end">
        {row.optedOut && <CircleBackslashIcon role="img" aria-label="Opted out" color="var(--mantine-color-error)" />}
        {row.unread > 0 && (
          <Badge size="sm" circle={row.unread < 10} aria-label={`${row.unread} unread`}>
            {row.unread}
          </Badge>
        )}
      </Group>
    </Link>
  );
}

/** The last message in a line. */
function preview({ last }: ConversationRow): string {
  if (!last) return "";
  const what = last.fileName ?? (last.content === "text" ? null : contentWords[last.content]);
  const said = last.wiped && last.text === null ? "The text was wiped" : [what, last.text].filter(Boolean).join(": ");
  return last.theirs ? said : `${speaker(last)}: ${said}`;
}

/** Who said what went to them. */
function speaker({ by, rule }: NonNullable<ConversationRow["last"]>): string {
  if (by === "auto_reply") return rule ?? "Automatic answer";
  return by === "opt_out" ? "Opt-out confirmed" : "You";
}

const RESETS = ["cursor", "before"];

function ListHead({ unread }: { unread: number }) {
  const { asked, show } = useFilter(RESETS);
  const phones = useAccount()?.sessions?.filter(({ phone }) => phone !== null) ?? [];
  const chosen = asked.get("show") === "unread" ? "unread" : "all";
  const given = (name: (typeof LIST_PARAMS)[number]) => asked.get(name) ?? "";
  return (
    <Stack gap="xs" className={styles.head}>
      <Group justify="space-between" gap="xs">
        <Text fz="h2" fw={650} lh="h2" aria-hidden>
          Inbox
        </Text>
        <Text size="sm">
          <TextLink to="/automation/rules">Automatic answers</TextLink>
        </Text>
      </Group>
      <Form method="get" role="search" action="/inbox">
        {chosen === "unread" && <input type="hidden" name="show" value="unread" />}
        <Stack gap="xs">
          <SearchField
            aria-label="Search"
            placeholder="Name, number or words"
            size="sm"
            value={given("search")}
            onSearch={(value) => show({ search: value || null })}
          />
          {phones.length > 1 && (
            <FilterSelect
              name="phone"
              aria-label="Phone"
              size="xs"
              value={given("phone")}
              onChoose={(value) => show({ phone: value || null })}
              data={[
                { value: "", label: "All phones" },
                ...phones.map(({ id, phone, pushName }) => ({
                  value: id,
                  label: pushName ? `${pushName}, ${phone}` : (phone ?? id),
                })),
              ]}
            />
          )}
          <noscript>
            <Button type="submit" variant="default" size="xs">
              Show
            </Button>
          </noscript>
        </Stack>
      </Form>
      <Group component="nav" aria-label="Which conversations" gap="xs">
        {(["all", "unread"] as const).map((value) => (
          <FilterLink
            key={value}
            param="show"
            value={value === "all" ? null : value}
            here={chosen === value}
            resets={RESETS}
            size="compact-sm"
            px="sm"
          >
            {value === "all" ? "All" : `Unread ${unread}`}
          </FilterLink>
        ))}
      </Group>
    </Stack>
  );
}
