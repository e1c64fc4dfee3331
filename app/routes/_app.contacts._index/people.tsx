import { Alert, Button, Checkbox, Group, Popover, Stack, Text } from "@mantine/core";
import { ColumnsIcon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { useNavigation, useSearchParams } from "@remix-run/react";
import { useCallback, useState } from "react";
import { Pager } from "../../components/data-table.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { LongTable } from "../../components/long-table.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useCursorPages } from "../../lib/use-cursor-pages.ts";
import { useFilter } from "../../lib/use-filter.ts";
import { leave, useReturn } from "../../lib/use-way-back.ts";
import { type BulkAct, BulkBar } from "./bulk-bar.tsx";
import { BulkDialogs } from "./bulk-dialogs.tsx";
import { peopleColumns } from "./columns.tsx";
import type { ContactList, ContactPage, Person } from "./load.ts";
import styles from "./people.module.css";

/** What the server takes at once. */
const MOST_CHOSEN = 500;
const NOBODY: ReadonlySet<string> = new Set();

interface Props {
  page: ContactPage;
  list: ContactList | null;
  lists: readonly ContactList[];
  tags: readonly string[];
  /** Whether the address narrows the people by more than their list. */
  narrowed: boolean;
  answer: Answer | undefined;
}

/** The people themselves: the table that loads as it is scrolled, and what can be done with those who are chosen. */
export function People({ page, list, lists, tags, narrowed, answer }: Props) {
  const [search] = useSearchParams();
  const query = search.toString();
  const address = useCallback(
    (cursor: string) => `/contacts/rows${withSearch(new URLSearchParams(query), { cursor })}`,
    [query],
  );
  const place = useReturn(query);
  const { rows, pages, hasMore, loading, failed, inSight, loadMore } = useCursorPages<Person>(
    page,
    address,
    place?.pages,
  );
  const [chosen, setChosen] = useState(NOBODY);
  const [act, setAct] = useState<BulkAct | null>(null);
  const { location } = useNavigation();
  const columns = list ? list.columns : [...new Set(lists.flatMap((one) => one.columns))];
  const [picked, setPicked] = useState(search.getAll("column"));
  const attributes = columns.filter((name) => picked.includes(name));
  const clear = useCallback(() => setChosen(NOBODY), []);
  const choose = useCallback(
    (id: string) =>
      setChosen((before) => {
        const after = new Set(before);
        if (!after.delete(id) && after.size < MOST_CHOSEN) after.add(id);
        return after;
      }),
    [],
  );
  const shown = rows.slice(0, MOST_CHOSEN);
  const chooseAll = `Choose the ${rows.length > MOST_CHOSEN ? "first " : ""}${formatNumber(shown.length)} shown`;
  const all = chosen.size > 0 && shown.every(({ id }) => chosen.has(id));
  const total = hasMore || search.has("cursor") ? (list && !narrowed ? list.total : null) : rows.length;

  return (
    <Stack gap={4}>
      <Group className={styles.bar} justify="space-between" gap="xs" mih={44}>
        <Group gap="sm">
          <Checkbox
            checked={all}
            indeterminate={chosen.size > 0 && !all}
            onChange={() => setChosen(all ? NOBODY : new Set(shown.map(({ id }) => id)))}
            {...(chosen.size === 0 ? { label: chooseAll } : { "aria-label": chooseAll })}
          />
          {chosen.size > 0 && <BulkBar chosen={chosen.size} listName={list?.name} onAct={setAct} onClear={clear} />}
        </Group>
        {columns.length > 0 && chosen.size === 0 && (
          <ColumnChoice columns={columns} chosen={attributes} onChoose={setPicked} />
        )}
      </Group>
      <LongTable
        caption={list ? `People on ${list.name}` : "People"}
        columns={peopleColumns({ attributes, doubleOptIn: list?.doubleOptIn ?? false, chosen, onChoose: choose })}
        rows={rows}
        total={total}
        busy={location?.pathname === "/contacts" && location.search !== `?${query}`}
        marked={chosen}
        onSight={inSight}
        start={place}
        onLeave={(at) => leave({ ...at, query, listName: list?.name ?? null, pages })}
      />
      {failed && (
        <Alert
          color="red"
          role="alert"
          icon={<ExclamationTriangleIcon aria-hidden />}
          title="The next people did not come"
        >
          The connection may be interrupted. Those above are complete as far as they go.
        </Alert>
      )}
      <Group justify="space-between" py="xs">
        <Text size="sm" c="dimmed" role="status">
          {total === null || rows.length < total
            ? `${formatNumber(rows.length)} shown${total === null ? ", there are more" : ` of ${formatNumber(total)}`}`
            : `All ${count(rows.length, "person", "people")} shown`}
          {loading && ", loading more…"}
        </Text>
        {search.has("cursor") && (
          <TextLink to={withSearch(search, { cursor: null })}>From the first person on</TextLink>
        )}
        {hasMore && (
          <Button variant="default" size="sm" onClick={loadMore} loading={loading}>
            {failed ? "Try again" : "Load more"}
          </Button>
        )}
      </Group>
      <noscript>
        <Pager nextCursor={page.nextCursor} />
      </noscript>
      <BulkDialogs
        act={act}
        ids={[...chosen]}
        list={list}
        lists={lists}
        tags={tags}
        answer={answer}
        onClose={() => setAct(null)}
        onDone={() => {
          setAct(null);
          clear();
        }}
      />
    </Stack>
  );
}

/** Which of a list's own columns stand in the table. */
function ColumnChoice({
  columns,
  chosen,
  onChoose,
}: {
  columns: readonly string[];
  chosen: readonly string[];
  onChoose: (names: string[]) => void;
}) {
  const { show: showWith } = useFilter([]);
  // The table follows at once, the address a moment later.
  const show = (names: string[]) => {
    onChoose(names);
    showWith({ column: names });
  };
  return (
    <Popover position="bottom-end" withinPortal trapFocus>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<ColumnsIcon aria-hidden />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns to show">
        <Checkbox.Group value={[...chosen]} onChange={show} label="Columns to show">
          <Stack gap="xs" mt="xs" mah="50vh" style={{ overflowY: "auto" }}>
            {columns.map((name) => (
              <Checkbox key={name} value={name} label={name} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}
