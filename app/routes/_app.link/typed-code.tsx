import { Button, CopyButton, Group, List, Loader, Stack, Text } from "@mantine/core";
import { CheckIcon, CopyIcon } from "@radix-ui/react-icons";
import { useWait } from "../../components/moment.tsx";
import type { Session } from "./sessions.ts";

/** As WhatsApp writes it: two groups of four. */
const inGroups = (code: string) => `${code.slice(0, 4)}-${code.slice(4)}`;

const minutes = (ms: number) => {
  const seconds = Math.ceil(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** The code to type on the phone, large, with the time it has left and the way to where it is typed. */
export function TypedCode({ session }: { session: Session }) {
  const { pairingCode, pairingPhone, pairingCodeExpiresAt } = session;
  const wait = useWait(pairingCodeExpiresAt);
  const code = pairingCode !== null && wait !== 0 ? inGroups(pairingCode) : null;
  return (
    <Stack>
      <Stack gap={4}>
        <Text size="sm" c="dimmed">
          Code for {pairingPhone}
        </Text>
        <Group gap="md" mih={60}>
          <Text
            role="status"
            data-testid="pairing-code"
            ff="monospace"
            fw={700}
            lh={1.2}
            fz="clamp(2rem, 11vw, 3rem)"
            style={{ letterSpacing: "0.06em", whiteSpace: "nowrap" }}
          >
            {code ?? (
              <Group component="span" gap="xs" wrap="nowrap" ff="text">
                <Loader size="sm" aria-hidden />
                <Text span>The code is on its way</Text>
              </Group>
            )}
          </Text>
          {code !== null && wait !== null && (
            <CopyButton value={code}>
              {({ copied, copy }) => (
                <Button
                  variant="default"
                  onClick={copy}
                  leftSection={copied ? <CheckIcon aria-hidden /> : <CopyIcon aria-hidden />}
                >
                  {copied ? "Copied" : "Copy the code"}
                </Button>
              )}
            </CopyButton>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {code !== null && wait !== null
            ? `Valid for ${minutes(wait)} more.`
            : "A code is valid for under three minutes."}
        </Text>
      </Stack>
      <List type="ordered" spacing={4} size="sm">
        <List.Item>Open WhatsApp on {pairingPhone}.</List.Item>
        <List.Item>Settings (on Android: the three dots), Linked devices, Link a device.</List.Item>
        <List.Item>Link with phone number instead. Type the code.</List.Item>
      </List>
    </Stack>
  );
}
