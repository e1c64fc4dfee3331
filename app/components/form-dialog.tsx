import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { Form } from "@remix-run/react";
import type { ComponentProps, ReactNode } from "react";
import type { Answer } from "../lib/submit.server.ts";
import { useWhenDone } from "../lib/use-when-done.ts";
import { FormError, Intent, SubmitButton } from "./form-parts.tsx";

/** A form in a dialog. It closes when the form was accepted, and stays with everything in it when it was refused. */
export function FormDialog({
  title,
  intent,
  answer,
  opened,
  onClose,
  onDone = onClose,
  errors,
  submit,
  color,
  size,
  children,
  ...form
}: Omit<ComponentProps<typeof Form>, "children" | "title"> & {
  title: string;
  intent: string;
  answer: Answer | undefined;
  opened: boolean;
  onClose: () => void;
  /** After it was accepted; without it the dialog only closes. */
  onDone?: () => void;
  /** What the form as a whole was refused for. */
  errors?: readonly string[] | undefined;
  /** The word on the button that does it. */
  submit: string;
  color?: string;
  size?: string;
  children: ReactNode;
}) {
  useWhenDone(intent, answer, onDone);
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={650}>{title}</Text>} {...(size ? { size } : {})}>
      <Form method="post" preventScrollReset {...form}>
        <Intent name={intent} />
        <Stack>
          <FormError errors={errors} />
          {children}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Not now
            </Button>
            <SubmitButton intent={intent} {...(color ? { color } : {})}>
              {submit}
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Modal>
  );
}
