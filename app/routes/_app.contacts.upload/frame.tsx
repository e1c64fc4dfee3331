import { Group, Text, ThemeIcon } from "@mantine/core";
import { CheckIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { Refused } from "../../components/form-parts.tsx";
import { Page } from "../../components/page.tsx";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import type { ImportPreview } from "./load.ts";
import type { action } from "./route.tsx";

const steps = ["File", "Columns", "Rows", "Done"] as const;
export type Step = (typeof steps)[number];

/** An import's screen: how far it is, which file, and what can be done with it as a whole. */
export function Frame({
  step,
  title,
  lead,
  actions,
  children,
}: {
  step: Step;
  title: string;
  lead: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const answer = useLastAnswer<typeof action>();
  return (
    <>
      <Steps at={steps.indexOf(step)} />
      <Page title={title} lead={lead} actions={actions}>
        <Refused answer={answer} intents={["undo", "discard"]} />
        {children}
      </Page>
    </>
  );
}

function Steps({ at }: { at: number }) {
  return (
    <Group component="ol" aria-label="Steps of an import" gap="md" p={0} m={0} mb="md" style={{ listStyle: "none" }}>
      {steps.map((word, step) => (
        <Group key={word} component="li" gap={6} wrap="nowrap" aria-current={step === at ? "step" : undefined}>
          <ThemeIcon size={20} radius="xl" variant={step === at ? "filled" : "default"} aria-hidden>
            {step < at ? (
              <CheckIcon width={12} height={12} />
            ) : (
              <Text span size="xs" fw={600}>
                {step + 1}
              </Text>
            )}
          </ThemeIcon>
          <Text size="sm" fw={step === at ? 650 : 400} c={step === at ? undefined : "dimmed"}>
            {word}
          </Text>
        </Group>
      ))}
    </Group>
  );
}

export function Discard({ preview }: { preview: Pick<ImportPreview, "id" | "fileName"> }) {
  return (
    <ConfirmButton
      intent="discard"
      fields={{ importId: preview.id }}
      label="Discard the file"
      title={`Discard ${preview.fileName}?`}
      confirm="Discard it"
    >
      Nothing of this file is kept. You can upload it again.
    </ConfirmButton>
  );
}
