import { getFormProps } from "@conform-to/react";
import { NativeSelect, TagsInput, Text } from "@mantine/core";
import { useState } from "react";
import {
  contactsRef,
  onListInput,
  recordConsentInput,
  tagInput,
  withdrawConsentInput,
} from "#server/contacts/schema.ts";
import { TextareaField } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { count } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { BulkAct } from "./bulk-bar.tsx";
import type { ContactList } from "./load.ts";

interface Props {
  act: BulkAct | null;
  ids: readonly string[];
  list: ContactList | null;
  lists: readonly ContactList[];
  tags: readonly string[];
  answer: Answer | undefined;
  onClose: () => void;
  onDone: () => void;
}

/** The dialog of each act on the people who are chosen. */
export function BulkDialogs(props: Props) {
  return (
    <>
      <TagDialog {...props} />
      <AddToListDialog {...props} />
      {props.list && <RemoveFromListDialog {...props} list={props.list} />}
      <ConsentDialog {...props} />
      <WithdrawDialog {...props} />
      <RemoveDialog {...props} />
    </>
  );
}

const people = (ids: readonly string[]) => count(ids.length, "person", "people");

function useDialog({ act, answer, onClose, onDone }: Props, intent: BulkAct) {
  return { intent, answer, opened: act === intent, onClose, onDone };
}

function Hidden({ name, values }: { name: string; values: readonly string[] }) {
  return values.map((value) => <input key={value} type="hidden" name={name} value={value} />);
}

function TagDialog(props: Props) {
  const dialog = useDialog(props, "tag");
  const [form, fields] = useZodForm({ schema: tagInput, ...dialog });
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  return (
    <FormDialog
      title={`Tag ${people(props.ids)}`}
      submit="Change the tags"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <Hidden name={fields.ids.name} values={props.ids} />
      <Hidden name={fields.add.name} values={add} />
      <Hidden name={fields.remove.name} values={remove} />
      <TagsInput
        label="Tags to add"
        description="Press Enter after each."
        data={[...props.tags]}
        value={add}
        onChange={setAdd}
        acceptValueOnBlur
        comboboxProps={{ withinPortal: false }}
        data-autofocus
        error={fields.add.errors?.join(" ")}
      />
      <TagsInput
        label="Tags to take away"
        data={[...props.tags]}
        value={remove}
        onChange={setRemove}
        acceptValueOnBlur
        comboboxProps={{ withinPortal: false }}
        error={fields.remove.errors?.join(" ")}
      />
    </FormDialog>
  );
}

function AddToListDialog(props: Props) {
  const dialog = useDialog(props, "addToList");
  const [form, fields] = useZodForm({ schema: onListInput, ...dialog });
  return (
    <FormDialog
      title={`Add ${people(props.ids)} to a list`}
      submit="Add to the list"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <Hidden name={fields.ids.name} values={props.ids} />
      <NativeSelect
        name={fields.listId.name}
        label="List"
        data={props.lists.map(({ id, name }) => ({ value: id, label: name }))}
        error={props.lists.length === 0 ? "There is no list yet: make one first." : undefined}
        data-autofocus
      />
    </FormDialog>
  );
}

function RemoveFromListDialog(props: Props & { list: ContactList }) {
  const dialog = useDialog(props, "removeFromList");
  const [form, fields] = useZodForm({ schema: onListInput, ...dialog });
  return (
    <FormDialog
      title={`Take ${people(props.ids)} off ${props.list.name}?`}
      submit="Take off the list"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <Hidden name={fields.ids.name} values={props.ids} />
      <input type="hidden" name={fields.listId.name} value={props.list.id} />
      <Text>They stay among your contacts, with their consent and their other lists.</Text>
    </FormDialog>
  );
}

function ConsentDialog(props: Props) {
  const dialog = useDialog(props, "recordConsent");
  const [form, fields] = useZodForm({ schema: recordConsentInput, ...dialog });
  return (
    <FormDialog
      title={`Record that ${people(props.ids)} agreed`}
      submit="Record their consent"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <Hidden name={fields.ids.name} values={props.ids} />
      <Text size="sm">
        Your words are kept with each of them as evidence. Whoever opted out stays left out: only they can change that.
      </Text>
      <TextareaField
        meta={fields.statement}
        label="How did they agree?"
        description="For example: signed the list at the open day on 3 May."
        autosize
        minRows={2}
        data-autofocus
      />
    </FormDialog>
  );
}

function WithdrawDialog(props: Props) {
  const dialog = useDialog(props, "withdrawConsent");
  const [form, fields] = useZodForm({ schema: withdrawConsentInput, ...dialog });
  return (
    <FormDialog
      title={`Withdraw the consent of ${people(props.ids)}?`}
      submit="Withdraw their consent"
      color="red"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <Hidden name={fields.ids.name} values={props.ids} />
      <Text size="sm">No campaign reaches them until their consent is recorded again.</Text>
      <TextareaField meta={fields.statement} label="Why (optional)" autosize minRows={2} />
    </FormDialog>
  );
}

function RemoveDialog(props: Props) {
  const dialog = useDialog(props, "remove");
  const [form, fields] = useZodForm({ schema: contactsRef, ...dialog });
  return (
    <FormDialog
      title={`Delete ${people(props.ids)}?`}
      submit={`Delete ${people(props.ids)}`}
      color="red"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <Hidden name={fields.ids.name} values={props.ids} />
      <Text>
        They go from every list, with the evidence of their consent. This cannot be undone. Whoever opted out stays left
        out, should you import them again.
      </Text>
    </FormDialog>
  );
}
