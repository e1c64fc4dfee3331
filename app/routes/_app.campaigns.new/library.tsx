import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { renameTemplateInput, saveTemplateInput } from "#server/templates/schema.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { TextField } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { Refused } from "../../components/form-parts.tsx";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { WizardData } from "./load.ts";
import type { action } from "./route.tsx";

type Kept = WizardData["templates"][number];

const SAMPLE = {
  name: "Invitation (a sample)",
  body: "Hi {{name|friend}}, *our class meets again!*\n\n- Saturday, 6 pm\n- at the old school\n\nWill you come?\n\nReply STOP to opt out.",
};

/** Texts that were kept for the next time, and this one, if it is worth keeping. */
export function Library({
  templates,
  text,
  onUse,
}: {
  templates: readonly Kept[];
  text: string;
  onUse: (body: string) => void;
}) {
  const answer = useLastAnswer<typeof action>();
  const [saving, { open, close }] = useDisclosure(false);
  return (
    <Paper component="section" aria-label="Your texts" data-needs-script>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>Your texts</Title>
          <Button variant="default" size="xs" onClick={open} disabled={text.trim() === ""}>
            Save this text
          </Button>
        </Group>
        <Refused answer={answer} intents={["removeTemplate"]} />
        {templates.length === 0 ? (
          <>
            <Text size="sm" c="dimmed">
              A text that you save here can be used again, in any campaign. Here is one to begin with:
            </Text>
            <Row name={SAMPLE.name} body={SAMPLE.body} onUse={onUse} />
          </>
        ) : (
          templates.map((kept) => (
            <Row key={kept.id} name={kept.name} body={kept.body} onUse={onUse}>
              <Rename kept={kept} />
              <ConfirmButton
                intent="removeTemplate"
                fields={{ id: kept.id }}
                label="Delete"
                size="xs"
                title={`Delete the text “${kept.name}”?`}
                confirm="Delete the text"
              >
                Campaigns that used it keep their own copy.
              </ConfirmButton>
            </Row>
          ))
        )}
      </Stack>
      {saving && <SaveDialog text={text} opened={saving} onClose={close} />}
    </Paper>
  );
}

function Row({
  name,
  body,
  onUse,
  children,
}: Omit<Kept, "id"> & { onUse: (body: string) => void; children?: ReactNode }) {
  return (
    <Group justify="space-between" gap="xs">
      <Stack gap={0} miw={0} flex="1 1 12rem">
        <Text fw={600} style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
        <Text size="sm" c="dimmed" lineClamp={1} style={{ overflowWrap: "anywhere" }}>
          {body}
        </Text>
      </Stack>
      <Group gap="xs">
        <Button size="xs" variant="light" aria-label={`Use the text ${name}`} onClick={() => onUse(body)}>
          Use
        </Button>
        {children}
      </Group>
    </Group>
  );
}

function SaveDialog({ text, opened, onClose }: { text: string; opened: boolean; onClose: () => void }) {
  const answer = useLastAnswer<typeof action>();
  const [form, fields] = useZodForm({ schema: saveTemplateInput, intent: "saveTemplate", answer });
  return (
    <FormDialog
      title="Save this text"
      intent="saveTemplate"
      answer={answer}
      opened={opened}
      onClose={onClose}
      errors={form.errors ?? fields.body.errors}
      submit="Save the text"
      id={form.id}
      onSubmit={form.onSubmit}
      noValidate={form.noValidate}
    >
      <input type="hidden" name={fields.body.name} value={text} />
      <TextField meta={fields.name} label="Name of the text" placeholder="Invitation" data-autofocus />
    </FormDialog>
  );
}

function Rename({ kept }: { kept: Kept }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="xs" variant="default" onClick={open}>
        Rename
      </Button>
      {opened && <RenameDialog kept={kept} onClose={close} />}
    </>
  );
}

function RenameDialog({ kept, onClose }: { kept: Kept; onClose: () => void }) {
  const answer = useLastAnswer<typeof action>();
  const [form, fields] = useZodForm({
    schema: renameTemplateInput,
    intent: "renameTemplate",
    of: kept.id,
    answer,
    defaultValue: { name: kept.name },
  });
  return (
    <FormDialog
      title={`Rename “${kept.name}”`}
      intent="renameTemplate"
      answer={answer}
      opened
      onClose={onClose}
      errors={form.errors}
      submit="Rename"
      id={form.id}
      onSubmit={form.onSubmit}
      noValidate={form.noValidate}
    >
      <input type="hidden" name="id" value={kept.id} />
      <TextField meta={fields.name} label="Name of the text" data-autofocus />
    </FormDialog>
  );
}
