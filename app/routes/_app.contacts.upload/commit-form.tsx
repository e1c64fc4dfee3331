import { getFormProps } from "@conform-to/react";
import { Alert, Anchor, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { CheckCircledIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { commitInput } from "#server/imports/schema.ts";
import { TextareaField } from "../../components/field.tsx";
import { FormError, Intent, usePending } from "../../components/form-parts.tsx";
import { count } from "../../lib/format.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { ImportPreview } from "./load.ts";
import type { action } from "./route.tsx";
import { leftOut } from "./verdicts.tsx";

/** The decision: keep the good rows, with the user's own words on how these people agreed. */
export function CommitForm({ preview, unsaved }: { preview: ImportPreview; unsaved: boolean }) {
  const answer = useLastAnswer<typeof action>();
  const [commit, fields] = useZodForm({ schema: commitInput, intent: "commit", answer });
  const { onSubmit, ...props } = getFormProps(commit);
  const [waits, hold] = useAfterSaving(unsaved);
  const pending = usePending("commit");
  const { counts } = preview;
  const left = leftOut(counts);
  if (preview.error) return null;
  const brings = counts.valid + counts.updated > 0;
  if (!brings && marked(preview) + preview.withdraws === 0) return <NothingNew />;
  return (
    <Paper>
      <Form
        method="post"
        {...props}
        onSubmit={(event) => {
          if (!hold(event)) onSubmit(event);
        }}
      >
        <Intent name="commit" />
        <input type="hidden" name={fields.importId.name} value={preview.id} />
        <Stack>
          <Title order={2}>{brings ? "How did these people agree?" : "How do you know?"}</Title>
          <FormError errors={commit.errors} />
          <TextareaField
            meta={fields.consentStatement}
            label="Your statement"
            description={
              brings
                ? "Kept with every contact as evidence. For example: signed up at the open day on 3 May and ticked “news by WhatsApp”."
                : "Nobody is added. Your words are kept with the import. For example: the school office's list of 3 May."
            }
            autosize
            minRows={2}
          />
          <Group>
            <Button type="submit" loading={pending || waits} h="auto" mih={36} py={6} styles={wrapped}>
              {deed(preview)}
            </Button>
            {left > 0 && (
              <Text size="sm" c="dimmed">
                {count(left, "row is", "rows are")} left out. You can{" "}
                <Anchor href="#rows" fz="inherit" underline="always">
                  mend them
                </Anchor>{" "}
                first.
              </Text>
            )}
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}

function NothingNew() {
  return (
    <Alert color="green" icon={<CheckCircledIcon aria-hidden />} title="Nothing to import">
      Your contacts are as this file says already, or opted out. Discard the file, or mend the rows that are left out.
    </Alert>
  );
}

const wrapped = { label: { whiteSpace: "normal" } } as const;

/** Rows that opt their person out: without a column for it, those are left out who did so before. */
const marked = ({ mapping, counts }: ImportPreview): number => (mapping?.optedOut === undefined ? 0 : counts.opted_out);

/** What the button does, in figures. */
function deed(preview: ImportPreview): string {
  const { counts, listName, withdraws } = preview;
  const acts = [
    counts.valid > 0 && `import ${count(counts.valid, "contact")} into ${listName}`,
    counts.updated > 0 && `update ${counts.valid > 0 ? counts.updated : count(counts.updated, "contact")}`,
    withdraws > 0 && `withdraw the consent of ${count(withdraws, "person", "people")}`,
    marked(preview) > 0 && "never message those who opted out",
  ].filter((act) => act !== false);
  const words = acts.join(", ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Holds a submission back until the rows that were just edited are saved: they are part of what is decided. */
function useAfterSaving(unsaved: boolean): [boolean, (event: FormEvent<HTMLFormElement>) => boolean] {
  const held = useRef<HTMLFormElement | null>(null);
  const [waits, setWaits] = useState(false);
  useEffect(() => {
    if (unsaved || !held.current) return;
    const form = held.current;
    held.current = null;
    setWaits(false);
    form.requestSubmit();
  }, [unsaved]);
  const hold = (event: FormEvent<HTMLFormElement>) => {
    if (!unsaved) return false;
    event.preventDefault();
    held.current = event.currentTarget;
    setWaits(true);
    return true;
  };
  return [waits && unsaved, hold];
}
