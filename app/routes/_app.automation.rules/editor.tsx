import { getFormProps } from "@conform-to/react";
import { Checkbox, Group, Paper, Radio, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Form } from "@remix-run/react";
import { type RefObject, useState } from "react";
import { z } from "zod";
import { matchWords } from "#server/automation/rules.ts";
import { windowsField } from "#server/schedules/schema.ts";
import { spelledOut } from "#server/schedules/windows/rules.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { WeekCalendar } from "../../components/week-calendar/week-calendar.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useHydrated } from "../../lib/use-hydrated.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { ruleForm } from "./forms.ts";
import type { Rule, RulesPage } from "./load.ts";
import { Responses, type Said } from "./responses.tsx";
import { phoneName } from "./words.ts";
import { Words } from "./words-field.tsx";

const matches = Object.entries(matchWords).map(([value, words]) => ({ value, label: `The message ${words}` }));

/** What the editor begins with: the rule, or the most common kind of a new one. */
function startOf(rule: Rule | null, back: { response: number; media: { id: string } | null } | null) {
  const responses = rule?.responses ?? [{ text: "", mediaId: null }];
  const files = responses.map(({ text, mediaId }, n) => ({
    text,
    mediaId: (back?.response === n ? back.media?.id : mediaId) ?? "",
  }));
  return {
    ...(rule ? { id: rule.id } : {}),
    name: rule?.name ?? "",
    match: rule?.match ?? "keyword",
    words: rule?.patterns.join("\n") ?? "",
    folds: (rule?.folds ?? true) ? "on" : "",
    responses: files,
    waSessionId: rule?.waSessionId ?? "",
    cooldownMinutes: String((rule?.cooldownSeconds ?? 3_600) / 60),
    maxPerHour: rule?.maxPerHour ? String(rule.maxPerHour) : "",
    hours: rule?.windows ? "own" : "any",
    answersAtOpening: rule?.answersAtOpening ? "on" : "",
  };
}

const responsesTyped = z.array(z.object({ text: z.string().default(""), mediaId: z.string().default("") })).min(1);

/** What was typed, of a form that was refused. */
function typedResponses(value: unknown) {
  return responsesTyped.safeParse(value).data;
}
function typedWindows(answer: Answer | undefined) {
  const typed = answer?.intent === "save" ? answer.result.initialValue?.windows : undefined;
  return typed === undefined ? undefined : windowsField.safeParse(typed).data;
}

/** One rule: to which words it answers, what, to whom again, and when. */
export function RuleEditor({
  page,
  rule,
  answer,
  formRef,
  onSaid,
}: {
  page: RulesPage;
  rule: Rule | null;
  answer: Answer | undefined;
  formRef: RefObject<HTMLFormElement>;
  /** Hears which answer is being written. */
  onSaid: (said: Said) => void;
}) {
  const alive = useHydrated();
  const here = `/automation/rules?edit=${rule?.id ?? "new"}`;
  const start = startOf(rule, page.editor?.back ?? null);
  const [form, fields] = useZodForm({
    schema: ruleForm,
    intent: "save",
    answer,
    defaultValue: start,
  });
  const [match, setMatch] = useState(fields.match.initialValue ?? "keyword");
  const [own, setOwn] = useState(fields.hours.initialValue === "own");
  const errorsOf = (prefix: string) =>
    Object.entries(form.allErrors)
      .filter(([name]) => name === prefix || name.startsWith(`${prefix}[`))
      .flatMap(([, errors]) => errors)
      .join(" ");
  const patternErrors = [errorsOf("words"), errorsOf("patterns")].filter(Boolean).join(" ");
  return (
    <Form method="post" preventScrollReset {...getFormProps(form)} ref={formRef} action={here}>
      <Intent name="save" />
      {rule && <input type="hidden" name="id" value={rule.id} />}
      <Stack>
        <FormError errors={form.errors} />
        <Paper>
          <Stack>
            <Title order={2}>When somebody writes</Title>
            <TextField meta={fields.name} label="Name of the rule" placeholder="Prices" autoComplete="off" maw={420} />
            <SelectField
              meta={fields.match}
              label="The rule answers when"
              data={matches}
              onChange={(event) => setMatch(event.currentTarget.value)}
              maw={420}
            />
            <Words
              key={match === "regex" ? "pattern" : "words"}
              name={fields.words.name}
              typed={fields.words.initialValue ?? ""}
              regex={match === "regex"}
              error={patternErrors}
            />
            <Checkbox
              name={fields.folds.name}
              defaultChecked={fields.folds.initialValue === "on"}
              label="Capitals and accents do not matter"
              description="“HARGA”, “harga” and “Härga” are the same word; so are full-width letters."
            />
            {page.phones.length > 1 && (
              <SelectField
                meta={fields.waSessionId}
                label="On"
                maw={420}
                data={[
                  { value: "", label: "Any of my phones" },
                  ...page.phones.map((phone) => ({ value: phone.id, label: phoneName(phone) })),
                ]}
              />
            )}
          </Stack>
        </Paper>
        <Paper>
          <Responses
            name={fields.responses.name}
            start={typedResponses(fields.responses.initialValue) ?? start.responses}
            page={page}
            errorsOf={errorsOf}
            to={here}
            onSaid={onSaid}
          />
        </Paper>
        <Paper>
          <Stack>
            <Title order={2}>How often and when</Title>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextField
                meta={fields.cooldownMinutes}
                type="number"
                step="any"
                label="Pause for one person (minutes)"
                description="So long they get no second answer of this rule. 0: as often as they write."
                inputWrapperOrder={["label", "input", "description", "error"]}
              />
              <TextField
                meta={fields.maxPerHour}
                type="number"
                label="Answers in an hour, to everybody"
                description="Empty: only the limit of the phone holds."
                inputWrapperOrder={["label", "input", "description", "error"]}
              />
            </SimpleGrid>
            <Radio.Group
              name={fields.hours.name}
              label="It answers"
              defaultValue={own ? "own" : "any"}
              onChange={(hours) => setOwn(hours === "own")}
            >
              <Stack gap={6} mt={6}>
                <Radio value="any" label="Whenever your active hours are open" />
                <Radio value="own" label={`Only at these times, inside your active hours (${page.tz})`} />
              </Stack>
            </Radio.Group>
            {(own || !alive) && (
              <WeekCalendar
                name={fields.windows.name}
                label="Times at which the rule answers"
                windows={typedWindows(answer) ?? (rule?.windows ? spelledOut(rule.windows) : [])}
              />
            )}
            {errorsOf("windows") !== "" && (
              <Text size="sm" c="red" role="alert">
                {errorsOf("windows")}
              </Text>
            )}
            <Checkbox
              name={fields.answersAtOpening.name}
              defaultChecked={fields.answersAtOpening.initialValue === "on"}
              label="What comes outside these hours is answered when they open"
              description="Once to each person, to what they wrote last. Without this it is not answered at all."
            />
          </Stack>
        </Paper>
        <Group justify="flex-end">
          <LinkButton to="/automation/rules" variant="default">
            Back to the rules
          </LinkButton>
          <SubmitButton intent="save">Save the rule</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

/** Beside the form, for a form cannot be in another. */
export function RemoveRule({ rule }: { rule: Rule }) {
  return (
    <ConfirmButton
      intent="remove"
      fields={{ id: rule.id }}
      label="Remove the rule"
      title={`Remove ${rule.name}?`}
      confirm={`Remove ${rule.name}`}
    >
      It answers nobody any more. What it has answered stays in the conversations.
    </ConfirmButton>
  );
}
