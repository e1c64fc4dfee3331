import { Group, Loader, Paper, Stack, Text } from "@mantine/core";
import { useWait } from "../../components/moment.tsx";

const SIZE = 264;

/** The code to scan, as a picture, with the time it has left. The next one appears by itself. */
export function QrCode({ id, shown, expiresAt }: { id: string; shown: boolean; expiresAt: Date | null }) {
  const wait = useWait(expiresAt);
  const visible = shown && expiresAt !== null && wait !== 0;
  return (
    <Group align="center" gap="xl">
      {/* White in both colour schemes: cameras need the contrast. */}
      <Paper p="xs" bg="#fff" w={SIZE + 22} h={SIZE + 22} style={{ display: "grid", placeItems: "center" }}>
        {visible ? (
          <img
            src={`/link/${id}/qr.png?at=${expiresAt.getTime()}`}
            width={SIZE}
            height={SIZE}
            alt="QR code to scan with WhatsApp"
            style={{ imageRendering: "pixelated" }}
          />
        ) : (
          <Stack align="center" gap="xs">
            <Loader color="teal.7" />
            <Text size="sm" c="dark.8">
              The next code is on its way
            </Text>
          </Stack>
        )}
      </Paper>
      <Stack gap="xs" maw={360}>
        <Text c="dimmed" size="sm">
          {visible && wait !== null
            ? `This code is valid for ${Math.ceil(wait / 1_000)} s more.`
            : "Codes last 60 s, then 20 s."}{" "}
          A new one follows by itself.
        </Text>
      </Stack>
    </Group>
  );
}
