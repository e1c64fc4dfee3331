import { Alert, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { CheckCircledIcon, CrossCircledIcon, ResetIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { Figure } from "../../components/figure.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { Frame } from "./frame.tsx";
import type { ImportPreview, UndoState } from "./load.ts";
import { RowTable } from "./repair/row-table.tsx";
import { Rejected } from "./staged.tsx";
import { UndoLink, UndoQuestion } from "./undo.tsx";
import { leftOut, VerdictSum } from "./verdicts.tsx";

const again = <LinkButton to="/contacts/upload">Import another file</LinkButton>;

/** After the commit: what happened, what comes next, and the way back while there is one. `undo`: its user asks for it. */
export function Committed({ preview, undo }: { preview: ImportPreview; undo: UndoState | null }) {
  const { counts, total, contactListId, listName, committedAt, withdraws } = preview;
  const brought = counts.valid + counts.updated + counts.unchanged > 0;
  return (
    <Frame
      step="Done"
      title={preview.fileName}
      lead={<>Imported {committedAt && <Moment at={committedAt} />}.</>}
      actions={undo === null && <UndoLink />}
    >
      {undo && <UndoQuestion import={preview} undo={undo} />}
      <Paper>
        <Stack>
          <Group gap="xs" c="var(--mantine-color-text)">
            <CheckCircledIcon width={22} height={22} aria-hidden />
            <Title order={2}>{brought ? `Imported into ${listName}` : "Nobody was added"}</Title>
          </Group>
          <SimpleGrid component="dl" m={0} cols={{ base: 2, sm: withdraws > 0 ? 5 : 4 }}>
            <Figure label="New contacts">{formatNumber(counts.valid)}</Figure>
            <Figure label="Updated">{formatNumber(counts.updated)}</Figure>
            <Figure label="Unchanged">{formatNumber(counts.unchanged)}</Figure>
            {withdraws > 0 && <Figure label="Consent withdrawn">{formatNumber(withdraws)}</Figure>}
            <Figure label="Left out">{formatNumber(leftOut(counts))}</Figure>
          </SimpleGrid>
          {counts.opted_out > 0 && (
            <Text size="sm">
              {count(counts.opted_out, "row is", "rows are")} of people who opted out: they are never messaged.
            </Text>
          )}
          <Group>
            {counts.valid + counts.updated > 0 && (
              <LinkButton to={`/campaigns/new?list=${contactListId}`}>Write a campaign</LinkButton>
            )}
            {contactListId && (
              <LinkButton to={`/contacts/${contactListId}`} variant="default">
                See the list
              </LinkButton>
            )}
            {counts.opted_out > 0 && (
              <LinkButton to="/contacts/suppressed" variant="default">
                See who opted out
              </LinkButton>
            )}
          </Group>
        </Stack>
      </Paper>
      <AllRows preview={preview} title={`What became of the ${count(total, "row")}`} />
    </Frame>
  );
}

function AllRows({ preview, title }: { preview: ImportPreview; title: string }) {
  const { counts, total } = preview;
  return (
    <Stack gap="sm" component="section" aria-labelledby="rows">
      <Group justify="space-between">
        <Title order={2} id="rows">
          {title}
        </Title>
        {leftOut(counts) > 0 && <Rejected preview={preview} />}
      </Group>
      <VerdictSum counts={counts} total={total} />
      <RowTable preview={preview} />
    </Stack>
  );
}

/** A file that was taken back, thrown away, or could not be read: why, and the way on. */
export function Over({ preview }: { preview: ImportPreview }) {
  const { status, fileName, error } = preview;
  if (status === "undone") {
    return (
      <Told fileName={fileName} color="gray" icon={<ResetIcon aria-hidden />} title="This import was undone">
        The contacts that it brought are gone, and those it changed are as they were before. Opt-outs stay.
      </Told>
    );
  }
  if (status === "discarded") {
    return (
      <Told fileName={fileName} color="gray" title="This file was discarded">
        Nothing of it was kept.
      </Told>
    );
  }
  return (
    <Told fileName={fileName} color="red" icon={<CrossCircledIcon aria-hidden />} title="This file could not be read">
      {error}
    </Told>
  );
}

function Told({
  fileName,
  children,
  ...alert
}: {
  fileName: string;
  color: string;
  icon?: ReactNode;
  title: string;
  children: ReactNode;
}) {
  return (
    <Frame step="Done" title={fileName} lead={null}>
      <Alert {...alert}>{children}</Alert>
      <Group>{again}</Group>
    </Frame>
  );
}
