import { getFormProps } from "@conform-to/react";
import { Paper, Stack, Text, Title } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useActionData, useLoaderData, useSearchParams } from "@remix-run/react";
import { useEffect, useRef } from "react";
import { registerInput } from "#server/auth/schema.ts";
import { PasswordField, SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { ownPath } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { timeZones } from "../../lib/time-zones.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { TermsField, TermsText } from "./terms.tsx";

export const meta: MetaFunction = () => [{ title: "Open an account · MassSender" }];

export const loader = ({ context }: LoaderFunctionArgs) => ({ zones: timeZones(), defaultTz: context.defaultTz });

export function action({ context, request }: ActionFunctionArgs) {
  const to = ownPath(new URL(request.url).searchParams.get("next"));
  const toast = "Welcome. Your account has 400 points for 30 days.";
  return submit(request, {
    register: form(registerInput, context.api.auth.register, { done: { to, toast }, hide: ["password"] }),
  });
}

export default function Register() {
  const { zones, defaultTz } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const [search] = useSearchParams();
  const [register, fields] = useZodForm({
    schema: registerInput,
    intent: "register",
    answer,
    defaultValue: { tz: defaultTz },
  });
  useOwnZone((tz) => register.update({ name: fields.tz.name, value: tz }), zones);
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <Title order={1}>Open an account</Title>
        <Text c="dimmed">
          You have one? <TextLink to={{ pathname: "/login", search: search.toString() }}>Sign in</TextLink>.
        </Text>
      </Stack>
      <Paper>
        <Form method="post" {...getFormProps(register)}>
          <Intent name="register" />
          <Stack>
            <FormError errors={register.errors} />
            <TextField meta={fields.email} type="email" label="E-mail address" autoComplete="username" />
            <PasswordField
              meta={fields.password}
              label="Password"
              description="At least 12 characters. A few unrelated words are easy to keep and hard to guess."
              autoComplete="new-password"
            />
            <SelectField
              meta={fields.tz}
              label="Time zone"
              description="Your active hours and daily figures follow it."
              data={zones}
            />
            <TermsField meta={fields.acceptTerms} />
            <noscript>
              <TermsText />
            </noscript>
            <SubmitButton intent="register" fullWidth>
              Open the account
            </SubmitButton>
          </Stack>
        </Form>
      </Paper>
    </Stack>
  );
}

/** Chooses the zone of the browser, once, where the list has it. One that hides where it is says UTC: that is nobody's zone. */
function useOwnZone(choose: (tz: string) => void, zones: { items: string[] }[]): void {
  const chosen = useRef(false);
  useEffect(() => {
    if (chosen.current) return;
    chosen.current = true;
    const tz = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (tz.includes("/") && tz !== "Etc/UTC" && zones.some(({ items }) => items.includes(tz))) choose(tz);
  }, [choose, zones]);
}
