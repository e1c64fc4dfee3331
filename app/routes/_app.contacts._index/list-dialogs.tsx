import { getFormProps } from "@conform-to/react";
import { Checkbox, Text } from "@mantine/core";
import { createListInput, removeListInput } from "#server/contacts/schema.ts";
import { TextField } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { count } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { ContactList } from "./load.ts";

interface Dialog {
  answer: Answer | undefined;
  opened: boolean;
  onClose: () => void;
}

export function NewList(dialog: Dialog) {
  const [form, fields] = useZodForm({ schema: createListInput, intent: "createList", answer: dialog.answer });
  return (
    <FormDialog
      title="New list"
      intent="createList"
      submit="Make the list"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <TextField meta={fields.name} label="Name of the list" placeholder="Class of 2016" data-autofocus />
    </FormDialog>
  );
}

export function RenameList({ list, ...dialog }: Dialog & { list: ContactList }) {
  const [form, fields] = useZodForm({
    schema: createListInput,
    intent: "renameList",
    answer: dialog.answer,
    defaultValue: { name: list.name },
  });
  return (
    <FormDialog
      title={`Rename ${list.name}`}
      intent="renameList"
      submit="Rename it"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <TextField meta={fields.name} label="Name of the list" data-autofocus />
    </FormDialog>
  );
}

export function DeleteList({ list, ...dialog }: Dialog & { list: ContactList }) {
  const [form, fields] = useZodForm({ schema: removeListInput, intent: "removeList", answer: dialog.answer });
  return (
    <FormDialog
      title={`Delete ${list.name}?`}
      intent="removeList"
      submit={`Delete ${list.name}`}
      color="red"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <Text>
        The list is gone for good.{" "}
        {list.total > 0 &&
          `Its ${count(list.total, "person stays", "people stay")} among your contacts, with their consent.`}{" "}
        Campaigns that went to it keep their results.
      </Text>
      <input type="hidden" name={fields.id.name} value={list.id} />
      {list.total > 0 && (
        <Checkbox
          name={fields.alsoContacts.name}
          label="Delete the people too"
          description="Those who are on no other list, with the evidence of their consent. Who opted out stays left out."
        />
      )}
    </FormDialog>
  );
}
