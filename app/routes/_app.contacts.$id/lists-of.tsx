import { ActionIcon, Group, NativeSelect, Paper, Stack, Text, Title } from "@mantine/core";
import { Cross2Icon } from "@radix-ui/react-icons";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import type { Contact } from "./load.ts";

/** The lists a person is on, and the way onto others. */
export function ListsOf({ contact, lists }: { contact: Contact; lists: readonly { id: string; name: string }[] }) {
  const others = lists.filter(({ id }) => contact.lists.every((list) => list.id !== id));
  return (
    <Paper>
      <Stack gap="sm">
        <Title order={2}>Lists</Title>
        {contact.lists.length === 0 && <Text c="dimmed">On no list.</Text>}
        {contact.lists.map(({ id, name }) => (
          <Group key={id} justify="space-between" wrap="nowrap">
            <TextLink to={`/contacts?list=${id}`}>{name}</TextLink>
            <ButtonForm intent="removeFromList" fields={{ ids: contact.id, listId: id }}>
              <ActionIcon type="submit" variant="default" aria-label={`Take off ${name}`}>
                <Cross2Icon aria-hidden />
              </ActionIcon>
            </ButtonForm>
          </Group>
        ))}
        {others.length > 0 && (
          <ButtonForm intent="addToList" fields={{ ids: contact.id }}>
            <Group align="flex-end" gap="xs">
              <NativeSelect
                name="listId"
                label="Put on a list"
                data={others.map(({ id, name }) => ({ value: id, label: name }))}
                flex={1}
              />
              <SubmitButton intent="addToList" variant="default">
                Add
              </SubmitButton>
            </Group>
          </ButtonForm>
        )}
      </Stack>
    </Paper>
  );
}
