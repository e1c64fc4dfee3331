import { getFormProps } from "@conform-to/react";
import { Group, Stack } from "@mantine/core";
import { Form } from "@remix-run/react";
import { changePasswordInput } from "#server/auth/schema.ts";
import { PasswordField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

export function PasswordForm({ answer }: { answer: Answer | undefined }) {
  const [password, fields] = useZodForm({ schema: changePasswordInput, intent: "password", answer });
  return (
    <Form method="post" {...getFormProps(password)}>
      <Intent name="password" />
      <Stack>
        <FormError errors={password.errors} />
        <PasswordField meta={fields.current} label="Present password" autoComplete="current-password" />
        <PasswordField
          meta={fields.password}
          label="New password"
          description="At least 12 characters. Every other device is signed out."
          autoComplete="new-password"
        />
        <Group>
          <SubmitButton intent="password">Change the password</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}
