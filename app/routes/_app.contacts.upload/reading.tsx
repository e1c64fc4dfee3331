import { Paper, Progress, Stack, Text } from "@mantine/core";
import { TextLink } from "../../components/link-button.tsx";
import { count } from "../../lib/format.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { Discard, Frame } from "./frame.tsx";
import type { ImportPreview } from "./load.ts";

const RELOAD_MS = 2_000;

/** A large file while a worker reads it. Every step is announced live; the reload is the net under that. */
export function Reading({ preview }: { preview: ImportPreview }) {
  useReloadEvery(RELOAD_MS, true);
  const { readSoFar } = preview;
  return (
    <Frame step="File" title={preview.fileName} lead="The file is being read." actions={<Discard preview={preview} />}>
      <Paper>
        <Stack gap="sm">
          <Text fw={600} size="lg" role="status">
            {readSoFar === 0 ? "Reading begins…" : `${count(readSoFar, "row")} read`}
          </Text>
          {/* How many rows a file has is known at its end: the bar tells that it moves, the words how far it is. */}
          <Progress.Root size="lg" role="progressbar" aria-label="Reading" aria-valuetext={count(readSoFar, "row")}>
            <Progress.Section value={100} animated striped withAria={false} />
          </Progress.Root>
          <Text c="dimmed">
            A large file takes a moment. You may leave this page: reading goes on, and the file waits for you under{" "}
            <TextLink to="/contacts/upload">recent imports</TextLink>.
          </Text>
        </Stack>
      </Paper>
    </Frame>
  );
}
