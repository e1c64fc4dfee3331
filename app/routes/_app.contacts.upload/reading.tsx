import { Paper, Progress, Stack, Text } from "@mantine/core";
import { TextLink } from "../../components/link-button.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { Discard, Frame } from "./frame.tsx";
import type { ImportPreview } from "./load.ts";

const RELOAD_MS = 2_000;

/** A large file while a worker reads it. Every step is announced live; the reload is the net under that. */
export function Reading({ preview }: { preview: ImportPreview }) {
  useReloadEvery(RELOAD_MS, true);
  const { readSoFar, total } = preview;
  const known = total > readSoFar;
  const share = known ? (readSoFar / total) * 100 : 100;
  return (
    <Frame step="File" title={preview.fileName} lead="The file is being read." actions={<Discard preview={preview} />}>
      <Paper>
        <Stack gap="sm">
          <Text fw={600} size="lg" role="status">
            {readSoFar === 0 ? "Reading begins…" : `${count(readSoFar, "row")} read`}
            {known && ` of about ${formatNumber(total)}`}
          </Text>
          <Progress value={share} animated size="lg" aria-label="Rows read" />
          <Text c="dimmed">
            A large file takes a moment. You may leave this page: reading goes on, and the file waits for you under{" "}
            <TextLink to="/contacts/upload">recent imports</TextLink>.
          </Text>
        </Stack>
      </Paper>
    </Frame>
  );
}
