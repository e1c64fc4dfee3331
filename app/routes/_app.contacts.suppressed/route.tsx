import { getFormProps } from "@conform-to/react";
import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { suppressInput } from "#server/contacts/schema.ts";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { idCursor } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Opted out · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const cursor = idCursor("suppression", new URL(request.url).searchParams.get("cursor"));
  return context.api.contacts.suppressed({ cursor });
}

export function action({ context, request }: ActionFunctionArgs) {
  const toast = ({ phoneE164 }: { phoneE164: string }) => `${phoneE164} will never be messaged again.`;
  const done = { to: "/contacts/suppressed", toast };
  return submit(request, { suppress: form(suppressInput, context.api.contacts.suppress, { done }) });
}

type Suppression = Awaited<ReturnType<typeof loader>>["rows"][number];

const sources = {
  keyword: "They wrote STOP or the like",
  manual: "Left out by you",
  import: "Marked in an import",
} as const satisfies Record<Suppression["source"], string>;

const columns: Column<Suppression>[] = [
  { header: "Person", cell: (row) => row.identity.replace(/^pn:/, "").replace(/^lid:/, "Hidden number ") },
  { header: "How", cell: (row) => sources[row.source] },
  { header: "Since", cell: (row) => <Moment at={row.createdAt} /> },
];

export default function Suppressed() {
  const { rows, nextCursor } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const [suppress, fields] = useZodForm({ schema: suppressInput, intent: "suppress", answer });
  return (
    <Page
      title="Opted out"
      lead="These people are never messaged, whatever list they are on. Only they can change it, by writing START to you."
    >
      <Stack gap="sm">
        <DataTable
          caption="People who opted out"
          columns={columns}
          rows={rows}
          rowKey={(row) => row.id}
          empty="Nobody has opted out. Whoever writes STOP to you appears here by itself."
        />
        <Pager nextCursor={nextCursor} />
      </Stack>
      <Paper maw={520}>
        <Form method="post" {...getFormProps(suppress)}>
          <Intent name="suppress" />
          <Stack>
            <Title order={2}>Leave somebody out</Title>
            <FormError errors={suppress.errors} />
            <Group align="flex-start">
              <TextField
                meta={fields.phone}
                type="tel"
                label="Phone number"
                description="With country code, such as +62 812 0000 0001. It cannot be taken back by you."
                style={{ flex: 1 }}
              />
            </Group>
            <Group>
              <SubmitButton intent="suppress" variant="default">
                Never message this number
              </SubmitButton>
            </Group>
          </Stack>
        </Form>
      </Paper>
      <Text size="sm" c="dimmed">
        <TextLink to="/contacts">All lists</TextLink>
      </Text>
    </Page>
  );
}
