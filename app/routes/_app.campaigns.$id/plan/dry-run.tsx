import { Alert, Box, Button, Group, Paper, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { CheckCircledIcon, CrossCircledIcon, MagnifyingGlassIcon } from "@radix-ui/react-icons";
import { Form, useSearchParams } from "@remix-run/react";
import { type LeftOutReason, leftOutReasons } from "#server/campaigns/rules.ts";
import { mediaLimits } from "#server/media/rules.ts";
import { TEMPLATE_MAX } from "#server/templates/rules.ts";
import { type Column, DataTable, Pager } from "../../../components/data-table.tsx";
import { Figure } from "../../../components/figure.tsx";
import { FilterLinks } from "../../../components/filter-links.tsx";
import { LinkButton } from "../../../components/link-button.tsx";
import { count, formatNumber } from "../../../lib/format.ts";
import type { Campaign, DryRun as Run } from "../load.ts";
import styles from "./dry-run.module.css";

type Row = Run["rows"][number];

export const leftOutWords: Record<LeftOutReason, string> = {
  opted_out: "Opted out",
  no_consent: "No consent",
  not_confirmed: "Not confirmed",
  already_confirmed: "Confirmed already",
  already_asked: "Asked before",
  not_on_whatsapp: "No WhatsApp",
};

const columns: Column<Row>[] = [
  { header: "Name", cell: (row) => row.name || "No name" },
  { header: "Number", cell: (row) => row.phone, tight: true },
  { header: "What they get", cell: (row) => <What row={row} />, wide: true },
  { header: "Size", cell: (row) => (row.leftOut ? "" : `${formatNumber(row.bytes)} B`), figures: true, tight: true },
];

function What({ row }: { row: Row }) {
  if (row.leftOut) {
    return (
      <Text size="sm" c="dimmed">
        Nothing. {row.reason}
      </Text>
    );
  }
  return (
    <Stack gap={2}>
      <Words text={row.text ?? ""} />
      {row.gaps.length > 0 && (
        <Text size="xs" c="dimmed">
          No {row.gaps.join(", ")}: that place is empty.
        </Text>
      )}
    </Stack>
  );
}

/** Longer than this a text is opened to be read as a whole: a page of them is to be looked through. */
const LINES = 4;
const LETTERS = 240;

function Words({ text }: { text: string }) {
  if (text.length <= LETTERS && text.split("\n").length <= LINES) {
    return (
      <Text size="sm" className={styles.words}>
        {text}
      </Text>
    );
  }
  return (
    <details className={styles.long}>
      <Text size="sm" component="summary" className={styles.words}>
        <span>{text}</span>
      </Text>
    </details>
  );
}

/** Leads to the dry run; it takes a moment, so it is made when it is asked for. */
export function DryRunLink() {
  return (
    <LinkButton to="?dry=on#dry-run" variant="default">
      Make a dry run
    </LinkButton>
  );
}

/** Everything a start would do, person by person. */
export function DryRun({ campaign, run }: { campaign: Campaign; run: Run }) {
  const [search] = useSearchParams();
  const most = campaign.mediaId ? mediaLimits.captionChars : TEMPLATE_MAX;
  const total = Object.values(run.counts).reduce((sum, n) => sum + n, 0);
  const shown = leftOutReasons.filter((reason) => run.counts[reason]);
  return (
    <Paper component="section" aria-label="Dry run" id="dry-run">
      <Stack gap="md">
        <Group justify="space-between">
          <Title order={2}>Dry run</Title>
          <LinkButton to="?" variant="default" size="sm" preventScrollReset>
            Close
          </LinkButton>
        </Group>
        {run.refusal ? (
          <Alert color="red" icon={<CrossCircledIcon aria-hidden />} title="It would not start">
            {run.refusal.sentence}
          </Alert>
        ) : (
          <Alert color="green" icon={<CheckCircledIcon aria-hidden />} title="It would start">
            Everything was done as a start does it, up to the phone, and then undone. Nothing was sent, held or kept.
          </Alert>
        )}
        {total > 0 && (
          <>
            <SimpleGrid cols={{ base: 2, sm: 4 }} component="dl" m={0}>
              <Figure label="Get a message">{formatNumber(run.counts.queued)}</Figure>
              {run.made && (
                <>
                  <Figure label="Have a gap in it">{formatNumber(run.made.withGaps)}</Figure>
                  <Figure label="Longest text" note={`of ${formatNumber(most)} characters`}>
                    {formatNumber(run.made.longest)}
                  </Figure>
                  <Figure label="Largest message" note="as WhatsApp carries it, without the file">
                    {formatNumber(run.made.largestBytes)} B
                  </Figure>
                </>
              )}
            </SimpleGrid>
            <FilterLinks
              label="Show people by what becomes of them"
              param="show"
              chosen={search.get("show") ?? undefined}
              total={total}
              options={[
                { value: "queued", word: "Get it", count: run.counts.queued },
                ...shown.map((reason) => ({
                  value: reason,
                  word: leftOutWords[reason],
                  count: run.counts[reason],
                })),
              ]}
            />
            <Find />
            <DataTable
              caption="Dry run"
              columns={columns}
              rows={run.rows}
              rowKey={(row) => row.id}
              empty="Nobody has this in their name."
            />
            <Box>
              <Text size="sm" c="dimmed">
                {count(run.matching, "person", "people")} of {formatNumber(total)}
              </Text>
              <Pager nextCursor={run.next} />
            </Box>
          </>
        )}
      </Stack>
    </Paper>
  );
}

function Find() {
  const [search] = useSearchParams();
  return (
    <Form method="get" role="search" preventScrollReset>
      <input type="hidden" name="dry" value="on" />
      {search.has("show") && <input type="hidden" name="show" value={search.get("show") ?? ""} />}
      <Group align="flex-end" gap="xs">
        <TextInput
          name="search"
          label="Find by name"
          defaultValue={search.get("search") ?? ""}
          leftSection={<MagnifyingGlassIcon aria-hidden />}
        />
        <Button type="submit" variant="default">
          Find
        </Button>
      </Group>
    </Form>
  );
}
