import { Alert, Group, Text } from "@mantine/core";
import { ClockIcon } from "@radix-ui/react-icons";
import { IDLE_DAYS, IDLE_WARNING_DAYS } from "#server/wa/rules.ts";
import { ButtonForm, SubmitButton } from "./form-parts.tsx";
import { Moment } from "./moment.tsx";

/** A phone that nobody used for days, when it will be unlinked, and the button that prevents it. */
export function IdleWarning({ id, until, phone }: { id: string; until: Date; phone?: string | null }) {
  return (
    <Alert
      color="yellow"
      icon={<ClockIcon aria-hidden />}
      title={phone ? `${phone} is about to be unlinked` : undefined}
    >
      <Group justify="space-between" gap="sm">
        <Text size="sm" style={{ flex: "1 1 16rem" }}>
          Unused for {IDLE_DAYS - IDLE_WARNING_DAYS} days. It will be unlinked on <Moment at={until} /> unless you use
          it.
        </Text>
        <ButtonForm intent="keep" fields={{ id }} action="/link">
          <SubmitButton intent="keep" id={id} variant="default" size="xs">
            Keep it linked
          </SubmitButton>
        </ButtonForm>
      </Group>
    </Alert>
  );
}
