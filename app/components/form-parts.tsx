import { Alert, Button, type ButtonProps } from "@mantine/core";
import { CrossCircledIcon } from "@radix-ui/react-icons";
import { Form, type FormProps, useNavigation } from "@remix-run/react";
import type { ReactNode } from "react";
import { INTENT_FIELD } from "../lib/form-data.ts";
import type { Answer } from "../lib/submit.server.ts";

/** Says which of the page's forms this is. */
export function Intent({ name }: { name: string }) {
  return <input type="hidden" name={INTENT_FIELD} value={name} />;
}

/** What the form as a whole was refused for. Announced when it appears. */
export function FormError({ errors, children }: { errors: readonly string[] | undefined; children?: ReactNode }) {
  if (!errors || errors.length === 0) return null;
  return (
    <Alert color="red" role="alert" icon={<CrossCircledIcon />}>
      {errors.join(" ")} {children}
    </Alert>
  );
}

/**
 * Why a button's request was refused; for pages whose buttons have no form of fields around them.
 * @param children the way out of it
 */
export function Refused({
  answer,
  intents,
  children,
}: {
  answer: Answer | undefined;
  intents: readonly string[];
  children?: ReactNode;
}) {
  if (!answer || !intents.includes(answer.intent) || answer.result.status !== "error") return null;
  const errors = Object.values(answer.result.error ?? {}).flatMap((list) => list ?? []);
  return <FormError errors={errors}>{children}</FormError>;
}

/** Whether this form (and this object, where several have one) is on its way. */
export function usePending(intent: string, id?: string): boolean {
  const { formData } = useNavigation();
  if (formData?.get(INTENT_FIELD) !== intent) return false;
  return id === undefined || formData.get("id") === id;
}

export function SubmitButton({
  intent,
  id,
  children,
  ...props
}: ButtonProps & { intent: string; id?: string; children: ReactNode; form?: string }) {
  const pending = usePending(intent, id);
  return (
    <Button type="submit" loading={pending} {...props}>
      {children}
    </Button>
  );
}

/** A form that is only a button: its fields are hidden ones. */
export function ButtonForm({
  intent,
  fields = {},
  children,
  ...props
}: FormProps & { intent: string; fields?: Record<string, string> }) {
  return (
    <Form method="post" preventScrollReset {...props}>
      <Intent name={intent} />
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {children}
    </Form>
  );
}
