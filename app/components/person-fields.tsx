import type { FieldMetadata, FormMetadata } from "@conform-to/react";
import { ActionIcon, Button, Fieldset, Group, Stack, TagsInput, Text } from "@mantine/core";
import { Cross2Icon, PlusIcon } from "@radix-ui/react-icons";
import { useState } from "react";
import { TextField } from "./field.tsx";

type Attribute = { name: string; value?: string | undefined };

/** A person's tags: each is one hidden field, so that the form sends them as a list. */
export function TagsField({
  name,
  error,
  given,
  known,
}: {
  name: string;
  error: string[] | undefined;
  given: readonly string[];
  /** Tags in use, to choose from. */
  known: readonly string[];
}) {
  const [tags, setTags] = useState([...given]);
  return (
    <>
      {tags.map((tag) => (
        <input key={tag} type="hidden" name={name} value={tag} />
      ))}
      <TagsInput
        label="Tags"
        description="Press Enter after each."
        data={[...known]}
        value={tags}
        onChange={setTags}
        acceptValueOnBlur
        comboboxProps={{ withinPortal: false }}
        error={error?.join(" ")}
      />
    </>
  );
}

/** Whatever else is known of a person. Each is a variable of templates: rows can be added, renamed and taken away. */
export function AttributesField<Schema extends Record<string, unknown>>({
  form,
  meta,
}: {
  form: FormMetadata<Schema, string[]>;
  meta: FieldMetadata<Attribute[] | undefined, Schema, string[]>;
}) {
  const rows = meta.getFieldList();
  return (
    <Fieldset legend="Attributes" variant="unstyled" p={0}>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          Whatever a message may need: “class” becomes {"{{class}}"} in a template.
        </Text>
        {rows.map((row, index) => {
          const { name, value } = row.getFieldset();
          return (
            <Group key={row.key} gap="xs" align="flex-start" wrap="nowrap">
              <TextField meta={name} aria-label={`Name of attribute ${index + 1}`} placeholder="class" flex={1} />
              <TextField meta={value} aria-label={`Value of attribute ${index + 1}`} placeholder="7B" flex={1} />
              <ActionIcon
                type="submit"
                {...form.remove.getButtonProps({ name: meta.name, index })}
                variant="default"
                size={36}
                aria-label={`Take attribute ${index + 1} away`}
              >
                <Cross2Icon aria-hidden />
              </ActionIcon>
            </Group>
          );
        })}
        {meta.errors && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {meta.errors.join(" ")}
          </Text>
        )}
        <Group>
          <Button
            type="submit"
            {...form.insert.getButtonProps({ name: meta.name })}
            variant="default"
            size="xs"
            leftSection={<PlusIcon aria-hidden />}
          >
            Add an attribute
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
