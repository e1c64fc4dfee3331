import { Button, type ButtonProps, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type MouseEvent, type ReactNode, useId } from "react";
import { ButtonForm, SubmitButton, usePending } from "./form-parts.tsx";

/** A button whose act is hard to undo: it asks first, naming the object. Without JavaScript it acts at once. */
export function ConfirmButton({
  intent,
  fields,
  label,
  title,
  children,
  confirm,
  color = "red",
  ...props
}: ButtonProps & {
  intent: string;
  fields: Record<string, string>;
  label: string;
  /** The question, with the object's name in it. */
  title: string;
  /** What will happen, in a sentence. */
  children: ReactNode;
  /** The word on the button that does it. */
  confirm: string;
}) {
  const [opened, { open, close }] = useDisclosure(false);
  const formId = useId();
  const pending = usePending(intent, fields.id);
  const ask = (event: MouseEvent) => {
    event.preventDefault();
    open();
  };
  return (
    <>
      <ButtonForm intent={intent} fields={fields} id={formId} onSubmit={close}>
        <Button type="submit" variant="default" loading={pending} onClick={ask} {...props}>
          {label}
        </Button>
      </ButtonForm>
      <Modal opened={opened} onClose={close} title={<Text fw={650}>{title}</Text>}>
        <Stack>
          <Text>{children}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              Keep it
            </Button>
            <SubmitButton form={formId} intent={intent} id={fields.id} color={color}>
              {confirm}
            </SubmitButton>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
