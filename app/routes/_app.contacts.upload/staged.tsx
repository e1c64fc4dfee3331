import { Alert, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { CrossCircledIcon, DownloadIcon, InfoCircledIcon, PersonIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import { type ReactNode, useState } from "react";
import { LinkButton } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { count } from "../../lib/format.ts";
import { CommitForm } from "./commit-form.tsx";
import { Discard, Frame } from "./frame.tsx";
import type { ImportPreview } from "./load.ts";
import { Rows } from "./repair/rows.tsx";
import { leftOut, VerdictSum } from "./verdicts.tsx";

/** Every row of the file with what would become of it, before anything is kept: to be mended, and to be decided. */
export function Staged({ preview }: { preview: ImportPreview }) {
  const [search] = useSearchParams();
  const [unsaved, setUnsaved] = useState(false);
  const { id, counts, total } = preview;
  return (
    <Frame
      step="Rows"
      title={preview.fileName}
      lead={`${count(total, "row")}${madeFor(preview)}. Nothing is kept before you say so.`}
      actions={
        <>
          <LinkButton to={`?import=${id}&step=columns`} variant="default">
            Change the columns
          </LinkButton>
          <Discard preview={preview} />
        </>
      }
    >
      <Paper>
        <Stack>
          <VerdictSum counts={counts} total={total} />
          <Notices preview={preview} />
        </Stack>
      </Paper>
      <CommitForm preview={preview} unsaved={unsaved} />
      <Stack gap="sm" component="section" aria-labelledby="rows">
        <Group justify="space-between">
          <Title order={2} id="rows">
            Rows of the file
          </Title>
          {leftOut(counts) > 0 && <Rejected preview={preview} />}
        </Group>
        <Rows key={`${search.get("verdict")} ${search.get("cursor")}`} preview={preview} onUnsaved={setUnsaved} />
      </Stack>
    </Frame>
  );
}

/** The list the rows are for, unless it would be a new one with nobody on it. */
function madeFor({ counts, listName, contactListId }: ImportPreview): string {
  if (contactListId) return ` for “${listName}”`;
  return counts.valid + counts.updated > 0 ? ` for the new list “${listName}”` : "";
}

/** The rows that are left out, in the format of the upload, with what is wrong beside each. */
export function Rejected({ preview: { id, fileName } }: { preview: Pick<ImportPreview, "id" | "fileName"> }) {
  const xlsx = /\.xlsx$/i.test(fileName);
  return (
    <Button
      component="a"
      href={`/contacts/imports/${id}/rejected.${xlsx ? "xlsx" : "csv"}`}
      download
      variant="default"
      size="xs"
      leftSection={<DownloadIcon aria-hidden />}
    >
      Rows left out ({xlsx ? "Excel" : "CSV"})
    </Button>
  );
}

/** What somebody has to know before they decide. */
function Notices({ preview }: { preview: ImportPreview }) {
  const { error, sameFile, withdraws, counts, mapping, titles, country } = preview;
  const marker = mapping?.optedOut === undefined ? null : titles[mapping.optedOut];
  return (
    <>
      {error && (
        <Alert color="red" role="alert" icon={<CrossCircledIcon aria-hidden />} title="Nothing can be imported yet">
          {error}
        </Alert>
      )}
      {sameFile && (
        <Alert color="blue" icon={<InfoCircledIcon aria-hidden />} title="You have imported this same file before">
          It went into “{sameFile.listName}” on <Moment at={sameFile.committedAt} />. What is the same there stays as it
          is.
        </Alert>
      )}
      {withdraws > 0 && (
        <Alert color="yellow" icon={<PersonIcon aria-hidden />} title="Consent is taken back">
          {count(withdraws, "person who is", "people who are")} among your contacts {withdraws === 1 ? "says" : "say"}{" "}
          no in this file. With the import their consent ends: no campaign reaches them any more.
        </Alert>
      )}
      {counts.opted_out > 0 && (
        <Alert color="yellow" icon={<PersonIcon aria-hidden />} title="Opted out">
          {count(counts.opted_out, "row is", "rows are")} left out for good.{" "}
          {marker &&
            `With the import, everybody marked in “${marker}” goes on your list of people who are never messaged. `}
          An import takes nobody off that list: only the person can, by writing START to you.
        </Alert>
      )}
      {country && (
        <Quiet>
          Numbers without a country code are taken for numbers of {nameOf(country)}. Each such row says what was
          assumed.
        </Quiet>
      )}
    </>
  );
}

const nameOf = (country: string) => new Intl.DisplayNames(["en"], { type: "region" }).of(country) ?? country;

function Quiet({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}
