import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { CheckCircledIcon, CrossCircledIcon, DownloadIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import { verdicts } from "#server/imports/rules.ts";
import type { Api } from "#server/route-api.ts";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { FilterLinks } from "../../components/filter-links.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { StatusBadge, verdictLooks } from "../../components/status-badge.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { oneOf } from "../../lib/params.ts";
import { CommitForm } from "./commit-form.tsx";

export type ImportPreview = Awaited<ReturnType<Api["contacts"]["preview"]>>;
type Row = ImportPreview["rows"][number];

const columns: Column<Row>[] = [
  { header: "Row", cell: (row) => `Row ${row.rowNo}`, tight: true },
  { header: "Verdict", cell: (row) => <StatusBadge look={verdictLooks[row.verdict]} />, tight: true },
  { header: "Name", cell: (row) => row.name || "(empty)" },
  { header: "Number", cell: (row) => row.phoneE164 ?? row.phone, tight: true },
  { header: "Consent", cell: (row) => row.consent || "(empty)" },
  { header: "Why", cell: (row) => <Why row={row} />, wide: true },
];

function Why({ row }: { row: Row }) {
  if (!row.reason) return <Text size="sm">Becomes a contact.</Text>;
  return (
    <Stack gap={2}>
      <Text size="sm">{row.reason}</Text>
      {row.column && (
        <Text size="xs" c="dimmed">
          Column {row.column}: {row.value ? `“${row.value}”` : "empty"}
        </Text>
      )}
    </Stack>
  );
}

/** The second step: every row with its verdict, then the decision. After it, what was kept. */
export function Preview({ preview }: { preview: ImportPreview }) {
  const [search] = useSearchParams();
  const { counts, total, status } = preview;
  const chosen = oneOf(search.get("verdict"), verdicts);
  const refused = total - counts.valid;
  return (
    <Page
      title={preview.fileName}
      lead={`${count(total, "row")}: ${formatNumber(counts.valid)} ready, ${formatNumber(refused)} left out.`}
      actions={
        refused > 0 && (
          <Button
            component="a"
            href={`/contacts/imports/${preview.id}/rejected.csv`}
            variant="default"
            leftSection={<DownloadIcon aria-hidden />}
          >
            Rows left out (CSV)
          </Button>
        )
      }
    >
      <Outcome preview={preview} />
      {status === "staged" && <CommitForm preview={preview} />}
      <Stack gap="sm">
        <Title order={2}>Rows of the file</Title>
        <FilterLinks
          label="Show rows by verdict"
          param="verdict"
          chosen={chosen}
          total={total}
          options={verdicts
            .filter((verdict) => counts[verdict] > 0)
            .map((verdict) => ({ value: verdict, word: verdictLooks[verdict].word, count: counts[verdict] }))}
        />
        <DataTable caption="Rows of the file" columns={columns} rows={preview.rows} rowKey={(row) => row.rowNo} />
        <Pager nextCursor={preview.nextCursor} />
      </Stack>
    </Page>
  );
}

function Outcome({ preview }: { preview: ImportPreview }) {
  if (preview.status === "committed") {
    return (
      <Alert color="green" icon={<CheckCircledIcon aria-hidden />} title={`Imported into ${preview.listName}`}>
        <Stack gap="sm" align="flex-start">
          <Text>
            {count(preview.counts.valid, "contact")} added, {count(preview.total - preview.counts.valid, "row")} left
            out.
          </Text>
          <Group>
            <LinkButton to={`/campaigns/new?list=${preview.contactListId}`}>Write a campaign</LinkButton>
            <LinkButton to={`/contacts/${preview.contactListId}`} variant="default">
              See the list
            </LinkButton>
          </Group>
        </Stack>
      </Alert>
    );
  }
  if (preview.status === "discarded") {
    return (
      <Alert color="gray" title="This file was discarded">
        Nothing of it was kept.
      </Alert>
    );
  }
  if (!preview.error) return null;
  return (
    <Alert color="red" role="alert" icon={<CrossCircledIcon aria-hidden />} title="Nothing can be imported">
      {preview.error}
    </Alert>
  );
}
