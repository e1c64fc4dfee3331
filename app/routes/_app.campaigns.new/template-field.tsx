import type { FieldMetadata } from "@conform-to/react";
import { Button, Group, Stack, Text } from "@mantine/core";
import { PlusIcon } from "@radix-ui/react-icons";
import { useRef } from "react";
import type { Purpose } from "#server/campaigns/rules.ts";
import { asksForYes, TEMPLATE_MAX, templateVariables } from "#server/templates/rules.ts";
import { TextareaField } from "../../components/field.tsx";
import { formatNumber } from "../../lib/format.ts";

/** The message, with a button for each variable of the list that writes it where the cursor is. */
export function TemplateField({
  meta,
  variables: offered,
  purpose,
  forGroup,
}: {
  meta: FieldMetadata<string | undefined>;
  variables: readonly string[];
  purpose: Purpose;
  /** Goes to a group's chat: one text for everybody, so that no variable is offered. */
  forGroup: boolean;
}) {
  const variables = forGroup ? [] : offered;
  const area = useRef<HTMLTextAreaElement>(null);
  const insert = (name: string) => {
    const field = area.current;
    if (!field) return;
    field.focus();
    field.setRangeText(`{{${name}}}`, field.selectionStart, field.selectionEnd, "end");
    // The form follows what is typed by this event.
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const text = String(meta.value ?? "");
  const unknown = templateVariables(text).filter((name) => !variables.includes(name));
  return (
    <Stack gap="xs">
      <TextareaField
        meta={meta}
        inputRef={area}
        label="Message"
        description={
          forGroup
            ? "The same text for everybody in the group."
            : "A variable is replaced by each person's own value. {{name|friend}} says friend where there is no name."
        }
        autosize
        minRows={5}
        maxRows={16}
        spellCheck
      />
      {variables.length > 0 && (
        <Group gap="xs" role="group" aria-label="Insert a variable">
          {variables.map((name) => (
            <Button
              key={name}
              size="compact-sm"
              radius="xl"
              variant="light"
              leftSection={<PlusIcon aria-hidden />}
              styles={{ section: { marginInlineEnd: 4 } }}
              onClick={() => insert(name)}
            >
              {name}
            </Button>
          ))}
        </Group>
      )}
      <Text size="sm" c="dimmed" aria-live="polite">
        {formatNumber(text.length)} of {formatNumber(TEMPLATE_MAX)} characters.
        {unknown.length > 0 &&
          ` ${forGroup ? "A group's chat" : "This list"} has no ${unknown.map((name) => `{{${name}}}`).join(", ")}.`}
        {purpose === "confirmation" &&
          !asksForYes(text) &&
          " Ask for the word YES: it is what people answer to confirm."}
      </Text>
    </Stack>
  );
}
