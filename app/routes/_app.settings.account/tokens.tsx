import { getFormProps } from "@conform-to/react";
import { ActionIcon, Alert, Code, CopyButton, Group, Stack, Text, Title } from "@mantine/core";
import { CheckIcon, CopyIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { createTokenInput } from "#server/auth/schema.ts";
import type { Api } from "#server/route-api.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { Moment } from "../../components/moment.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

type Token = Awaited<ReturnType<Api["tokens"]["list"]>>[number];
type Made = Awaited<ReturnType<Api["tokens"]["create"]>>;

const columns: Column<Token>[] = [
  { header: "Name", cell: (token) => token.name, wide: true },
  { header: "Made", cell: (token) => <Moment at={token.createdAt} /> },
  { header: "Last used", cell: (token) => (token.lastUsedAt ? <Moment at={token.lastUsedAt} /> : "Never") },
  {
    header: "Revoke",
    cell: (token) => (
      <ConfirmButton
        intent="revoke"
        fields={{ id: token.id }}
        label="Revoke"
        size="xs"
        title={`Revoke ${token.name}?`}
        confirm={`Revoke ${token.name}`}
      >
        Programs that use this token are refused from now on.
      </ConfirmButton>
    ),
  },
];

/** Tokens for programs. A new one is shown once, in the answer to the form that made it. */
export function Tokens({ tokens, answer }: { tokens: Token[]; answer: Answer<Made> | undefined }) {
  const [create, fields] = useZodForm({ schema: createTokenInput, intent: "token", answer });
  const made = answer?.intent === "token" ? answer.value : undefined;
  return (
    <Stack gap="sm" component="section" aria-labelledby="tokens">
      <Title order={2} id="tokens">
        API tokens
      </Title>
      <Text c="dimmed">With a token a program acts as you. Send it as “Authorization: Bearer …”.</Text>
      <Refused answer={answer} intents={["revoke"]} />
      <Form method="post" {...getFormProps(create)}>
        <Intent name="token" />
        <Stack gap="sm">
          <FormError errors={create.errors} />
          <Group align="flex-end">
            <TextField meta={fields.name} label="Name of the new token" style={{ flex: "1 1 14rem" }} maw={360} />
            <SubmitButton intent="token" variant="default">
              Make a token
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
      {made && <NewToken token={made.token} />}
      <DataTable
        caption="API tokens"
        columns={columns}
        rows={tokens}
        rowKey={(token) => token.id}
        empty="No token yet."
      />
    </Stack>
  );
}

function NewToken({ token }: { token: string }) {
  return (
    <Alert color="green" role="status" title="Copy it now: it is not shown again">
      <Group gap="xs" wrap="nowrap">
        <Code style={{ overflowWrap: "anywhere" }}>{token}</Code>
        <CopyButton value={token}>
          {({ copied, copy }) => (
            <ActionIcon variant="default" size="lg" onClick={copy} aria-label={copied ? "Copied" : "Copy the token"}>
              {copied ? <CheckIcon /> : <CopyIcon />}
            </ActionIcon>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
