import { Box, Group, Image, Stack, Text } from "@mantine/core";
import { FileTextIcon } from "@radix-ui/react-icons";
import type { MediaView } from "#server/media/queries.ts";
import { formatBytes } from "../lib/format.ts";

const thumbnailOf = ({ id }: Pick<MediaView, "id">) => `/media/${id}/thumbnail`;

const endings: Record<string, string> = {
  "image/png": "PNG",
  "image/jpeg": "JPG",
  "application/pdf": "PDF",
  "application/msword": "DOC",
};
/** "PDF, 12 kB". */
const factsOf = ({ mimeType, bytes }: MediaView) => `${endings[mimeType] ?? "DOCX"}, ${formatBytes(bytes)}`;

/** A file in a line: what it looks like, what it is called, how large it is. */
export function MediaLine({ media }: { media: MediaView }) {
  return (
    <Group wrap="nowrap" gap="sm">
      {media.kind === "image" && !media.removed ? (
        <Image src={thumbnailOf(media)} alt="" w={64} h={64} radius="sm" fit="cover" />
      ) : (
        <FileTextIcon width={32} height={32} aria-hidden style={{ flex: "none" }} />
      )}
      <Stack gap={0} miw={0}>
        <Text fw={600} style={{ overflowWrap: "anywhere" }}>
          {media.fileName}
        </Text>
        <Text size="sm" c="dimmed">
          {factsOf(media)}
          {media.width !== null && `, ${media.width} × ${media.height} pixels`}
        </Text>
      </Stack>
    </Group>
  );
}

/** A file as it stands above its text in a bubble of the phone frame. */
export function MediaBubble({ media }: { media: MediaView }) {
  if (media.kind === "image") {
    return <Image src={thumbnailOf(media)} alt={`Picture: ${media.fileName}`} radius="sm" mb={4} />;
  }
  return (
    <Group wrap="nowrap" gap="xs" p="xs" mb={4} bg="rgb(128 128 128 / 14%)" style={{ borderRadius: "0.4rem" }}>
      <FileTextIcon width={26} height={26} aria-hidden style={{ flex: "none" }} />
      <Box miw={0}>
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {media.fileName}
        </Text>
        <Text size="xs">{factsOf(media)}</Text>
      </Box>
    </Group>
  );
}
