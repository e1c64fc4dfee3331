import { Box, List, Loader, Paper, Stack, Text } from "@mantine/core";
import { useWait } from "../../components/moment.tsx";
import type { Session } from "./sessions.ts";

const SIZE = 264;

/** The code to scan, as a picture, with the time it has left. The next one appears by itself. */
export function QrCode({ session }: { session: Session }) {
  const { id, hasQr, qrExpiresAt } = session;
  const wait = useWait(qrExpiresAt);
  const visible = hasQr && qrExpiresAt !== null && wait !== 0;
  return (
    <Box style={{ display: "flex", flexWrap: "wrap", gap: "1rem 2rem", alignItems: "center" }}>
      {/* White in both colour schemes: cameras need the contrast. */}
      <Paper
        p="xs"
        bg="#fff"
        w={SIZE + 22}
        maw="100%"
        style={{ aspectRatio: "1", display: "grid", placeItems: "center" }}
      >
        {visible ? (
          <img
            src={`/link/${id}/qr.png?at=${qrExpiresAt.getTime()}`}
            width={SIZE}
            height={SIZE}
            alt="QR code to scan with WhatsApp"
            style={{ imageRendering: "pixelated", maxWidth: "100%", height: "auto" }}
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
      <Stack gap="sm" maw={360} style={{ flex: "1 1 14rem" }}>
        <List type="ordered" spacing={4} size="sm">
          <List.Item>Open WhatsApp on the phone.</List.Item>
          <List.Item>Settings (on Android: the three dots), Linked devices.</List.Item>
          <List.Item>Link a device, and point the camera at the code.</List.Item>
        </List>
        <Text c="dimmed" size="sm">
          {visible && wait !== null
            ? `This code is valid for ${Math.ceil(wait / 1_000)} s more.`
            : "Codes last 60 s, then 20 s."}{" "}
          A new one follows by itself.
        </Text>
      </Stack>
    </Box>
  );
}
