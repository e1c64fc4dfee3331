import { Alert, Button, Group, Loader, Text } from "@mantine/core";
import { CheckCircledIcon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { useTimeZone } from "../../lib/use-account.ts";
import type { SavedDraft } from "./use-draft.ts";

/** Whether what is typed is kept: always in sight. */
export function SaveStatus({ state }: Pick<SavedDraft, "state">) {
  const tz = useTimeZone();
  return (
    <Group gap={6} role="status" aria-live="polite" wrap="nowrap" data-needs-script>
      {state.kind === "saving" && (
        <>
          <Loader size={14} aria-hidden />
          <Text size="sm">Saving…</Text>
        </>
      )}
      {state.kind === "saved" && (
        <>
          <Text c="green" span lh={1}>
            <CheckCircledIcon aria-hidden />
          </Text>
          <Text size="sm">Saved {timeOf(state.at, tz)}</Text>
        </>
      )}
      {(state.kind === "failed" || state.kind === "changed_elsewhere") && (
        <>
          <Text c="red" span lh={1}>
            <ExclamationTriangleIcon aria-hidden />
          </Text>
          <Text size="sm">Not saved</Text>
        </>
      )}
      {state.kind === "clean" && (
        <Text size="sm" c="dimmed">
          Saves itself
        </Text>
      )}
    </Group>
  );
}

/** Why something is not saved, and what can be done about it. */
export function SaveProblem({
  state,
  saver,
  onReload,
}: Pick<SavedDraft, "state" | "saver"> & { onReload: () => void }) {
  if (state.kind === "changed_elsewhere") {
    return (
      <Alert color="yellow" role="alert" icon={<ExclamationTriangleIcon />} title="Changed elsewhere">
        This draft was changed elsewhere meanwhile, perhaps in another tab. What you typed here is not saved yet.
        <Group mt="sm" gap="xs">
          <Button size="xs" onClick={() => void saver.overwrite()}>
            Keep what is here
          </Button>
          <Button size="xs" variant="default" onClick={onReload}>
            Show the other version
          </Button>
        </Group>
      </Alert>
    );
  }
  if (state.kind !== "failed") return null;
  return (
    <Alert color="red" role="alert" icon={<ExclamationTriangleIcon />} title="Not saved">
      {state.problem}
      <Group mt="sm">
        <Button size="xs" onClick={() => void saver.flush()}>
          Try again
        </Button>
      </Group>
    </Alert>
  );
}

const timeOf = (at: Date, tz: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone: tz,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(at);
