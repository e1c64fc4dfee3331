import { Button, Group, Paper, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { Form } from "@remix-run/react";
import { useState } from "react";
import { mediaLimits } from "#server/media/rules.ts";
import { asksForYes, TEMPLATE_MAX } from "#server/templates/rules.ts";
import { Intent } from "../../components/form-parts.tsx";
import { MediaField } from "../../components/media-field.tsx";
import { MessagePreview } from "../../components/message-preview.tsx";
import { WithPreview } from "../../components/with-preview.tsx";
import { count, formatWait, seconds } from "../../lib/format.ts";
import { Editor } from "./editor.tsx";
import { Gaps } from "./gaps.tsx";
import { Library } from "./library.tsx";
import type { WizardData } from "./load.ts";
import { membersInWords } from "./reach-panel.tsx";
import type { StepProps } from "./use-draft.ts";

/** What they get, how slowly, and how it looks on the phones of three of them. */
export function MessageStep({ data, saved, formRef }: StepProps) {
  const { values, draft, preview, templates, reach, media } = data;
  const { saver, leaveFor } = saved;
  const [text, setText] = useState(values.templateText);
  const [file, setFile] = useState(media);
  const [replaced, setReplaced] = useState<string | null>(null);
  const group = values.audience === "group_chat" ? reach.group : null;
  const write = (next: string) => {
    setText(next);
    saver.change();
  };
  const asking = values.purpose === "confirmation";
  return (
    <WithPreview
      follows
      preview={
        <MessagePreview
          template={text}
          media={file}
          samples={preview?.samples ?? []}
          group={group ? { name: group.name, members: membersInWords(group) } : null}
        />
      }
      rest={
        <Library
          templates={templates}
          text={text}
          onUse={(body) => {
            if (text.trim() !== "") setReplaced(text);
            write(body);
          }}
        />
      }
    >
      <Form
        method="post"
        ref={formRef}
        onChange={() => saver.change()}
        onSubmit={(event) => {
          event.preventDefault();
          void leaveFor((id) => `/campaigns/${id}`);
        }}
      >
        <Intent name="message" />
        <input type="hidden" name="version" value={draft?.version ?? ""} />
        <Stack>
          <Paper>
            <Stack>
              <Editor
                text={text}
                onText={setText}
                variables={values.audience === "group_chat" ? null : (preview?.variables ?? [])}
                most={file ? mediaLimits.captionChars : TEMPLATE_MAX}
                // Of the text that was saved: while another is typed it says nothing.
                longest={text.trim() === values.templateText ? (preview?.longest ?? null) : null}
                problem={
                  asking && !asksForYes(text) ? "Ask for the word YES: it is what people answer to confirm." : null
                }
              />
              {replaced !== null && (
                <Group>
                  <Button
                    size="xs"
                    variant="default"
                    onClick={() => {
                      write(replaced);
                      setReplaced(null);
                    }}
                  >
                    Put the text back that was here
                  </Button>
                </Group>
              )}
              {!group && <Gaps text={text} lacking={preview?.lacking ?? []} onText={write} />}
            </Stack>
          </Paper>
          <Paper>
            <MediaField
              name="mediaId"
              media={media}
              to={`/campaigns/new?draft=${draft?.id}&step=message`}
              onChange={(attached) => {
                setFile(attached);
                saver.change();
              }}
            />
          </Paper>
          <Paper>
            <Pace values={values} people={group ? 1 : reach.people.queued} />
          </Paper>
          <Group justify="flex-end">
            <Button type="submit">Next: review</Button>
          </Group>
        </Stack>
      </Form>
    </WithPreview>
  );
}

function Pace({ values, people }: { values: WizardData["values"]; people: number }) {
  const [min, setMin] = useState(seconds(values.throttleMinMs));
  const [max, setMax] = useState(seconds(values.throttleMaxMs));
  const mean = (Number(min) + Number(max)) / 2;
  return (
    <Stack gap={4}>
      <SimpleGrid cols={2}>
        <TextInput
          name="throttleMinSeconds"
          type="number"
          step="any"
          min={0}
          max={600}
          label="Shortest wait (seconds)"
          value={min}
          onChange={(event) => setMin(event.currentTarget.value)}
        />
        <TextInput
          name="throttleMaxSeconds"
          type="number"
          step="any"
          min={0}
          max={600}
          label="Longest wait (seconds)"
          value={max}
          onChange={(event) => setMax(event.currentTarget.value)}
          error={Number(max) < Number(min) ? "The longest wait must not be shorter than the shortest." : undefined}
        />
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        Between two messages, at random.
        {people > 1 &&
          Number.isFinite(mean) &&
          ` ${count(people, "person", "people")} take about ${formatWait(mean * people * 1_000)}.`}
      </Text>
    </Stack>
  );
}
