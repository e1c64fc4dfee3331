import { getFormProps } from "@conform-to/react";
import { Group, Stack, Text, TextInput } from "@mantine/core";
import { Form, useNavigate, useNavigation, useSearchParams } from "@remix-run/react";
import { useEffect } from "react";
import { writeInput } from "#server/dev-phone/schema.ts";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

/** What somebody writes on their phone: a text, a picture or document, or both; perhaps in reply to a message. */
export function WriteForm({
  from,
  to,
  name,
  quoted,
  answer,
}: {
  from: string;
  to: string;
  /** Who writes. */
  name: string;
  quoted: { id: string; glance: string } | undefined;
  answer: Answer | undefined;
}) {
  const [search] = useSearchParams();
  const [write, fields] = useZodForm({ schema: writeInput, intent: "write", answer });
  useGoOnAfter(answer, fields.text.id);
  return (
    <Form method="post" encType="multipart/form-data" preventScrollReset {...getFormProps(write)}>
      <Intent name="write" />
      <input type="hidden" name={fields.from.name} value={from} />
      <input type="hidden" name={fields.to.name} value={to} />
      <Stack gap="xs">
        <FormError errors={write.errors} />
        {quoted && (
          <Group justify="space-between" wrap="nowrap">
            <input type="hidden" name={fields.quoted.name} value={quoted.id} />
            <Text size="sm" truncate>
              In reply to: {quoted.glance}
            </Text>
            <TextLink to={withSearch(search, { reply: null })} preventScrollReset size="sm" style={{ flex: "none" }}>
              No reply
            </TextLink>
          </Group>
        )}
        {/* Without conform's keys: a field that has the focus must not be replaced when the form is emptied. */}
        <TextInput
          id={fields.text.id}
          name={fields.text.name}
          defaultValue={typeof fields.text.initialValue === "string" ? fields.text.initialValue : undefined}
          error={fields.text.errors?.join(" ")}
          label={`Write as ${name}`}
          autoComplete="off"
        />
        <Group align="flex-end" gap="xs" justify="space-between">
          <TextInput
            id={fields.file.id}
            name={fields.file.name}
            type="file"
            size="xs"
            label="Picture or document, up to 5 MB"
            error={fields.file.errors?.join(" ")}
            flex="1 1 10rem"
          />
          <SubmitButton intent="write">Send</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

/** After a message is sent the next one can be typed at once, and it replies to nothing. */
function useGoOnAfter(answer: Answer | undefined, inputId: string): void {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const sent = answer?.intent === "write" && answer.status === 200 ? answer : undefined;
  // A step away before the answer is wholly in would abort it.
  const settled = useNavigation().state === "idle";
  const without = search.has("reply") ? withSearch(search, { reply: null }) : null;
  useEffect(() => {
    if (sent) document.getElementById(inputId)?.focus({ preventScroll: true });
  }, [sent, inputId]);
  useEffect(() => {
    if (sent && settled && without !== null) navigate(without, { replace: true, preventScrollReset: true });
  }, [sent, settled, without, navigate]);
}
