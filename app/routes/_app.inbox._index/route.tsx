import { Stack, Text } from "@mantine/core";
import { EnvelopeOpenIcon } from "@radix-ui/react-icons";

/** Beside the list, while no conversation is open. */
export default function NoneOpen() {
  return (
    <Stack align="center" justify="center" gap="xs" flex={1} p="xl" ta="center">
      <EnvelopeOpenIcon width={28} height={28} aria-hidden />
      <Text fw={600}>Choose a conversation</Text>
      <Text c="dimmed" maw={360}>
        In the list, the arrows or j and k go from one to the next, Enter opens it. What you write on the phone itself
        is not shown here.
      </Text>
    </Stack>
  );
}
