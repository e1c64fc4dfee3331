import { getFormProps } from "@conform-to/react";
import { Paper, Stack, Text, Title } from "@mantine/core";
import type { ActionFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useActionData, useSearchParams } from "@remix-run/react";
import { loginInput } from "#server/auth/schema.ts";
import { PasswordField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { ownPath } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

export const meta: MetaFunction = () => [{ title: "Sign in · MassSender" }];

export function action({ context, request }: ActionFunctionArgs) {
  const to = ownPath(new URL(request.url).searchParams.get("next"));
  return submit(request, { login: form(loginInput, context.api.auth.login, { done: { to }, hide: ["password"] }) });
}

export default function Login() {
  const answer = useActionData<typeof action>();
  const [search] = useSearchParams();
  const [login, fields] = useZodForm({ schema: loginInput, intent: "login", answer });
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <Title order={1}>Sign in</Title>
        <Text c="dimmed">
          No account yet? <TextLink to={{ pathname: "/register", search: search.toString() }}>Open one</TextLink>. It
          comes with 400 points for 30 days.
        </Text>
      </Stack>
      <Paper>
        <Form method="post" {...getFormProps(login)}>
          <Intent name="login" />
          <Stack>
            <FormError errors={login.errors} />
            <TextField meta={fields.email} type="email" label="E-mail address" autoComplete="username" />
            <PasswordField meta={fields.password} label="Password" autoComplete="current-password" />
            <SubmitButton intent="login" fullWidth>
              Sign in
            </SubmitButton>
          </Stack>
        </Form>
      </Paper>
    </Stack>
  );
}
