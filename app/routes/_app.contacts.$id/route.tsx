import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { MagnifyingGlassIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { suppressInput } from "#server/contacts/schema.ts";
import { DataTable, Pager } from "../../components/data-table.tsx";
import { Refused } from "../../components/form-parts.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { count } from "../../lib/format.ts";
import { idCursor, idParam } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { contactColumns } from "./columns.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data?.list.name ?? "Contacts"} · MassSender` },
];

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const { contacts } = context.api;
  const id = idParam("contactList", params.id);
  const query = new URL(request.url).searchParams;
  const search = query.get("search")?.slice(0, 100) ?? "";
  const cursor = idCursor("contact", query.get("cursor"));
  const [list, page] = await Promise.all([contacts.list({ id }), contacts.page({ listId: id, search, cursor })]);
  return { list, page, search };
}

export function action({ context, params, request }: ActionFunctionArgs) {
  const toast = ({ phoneE164 }: { phoneE164: string }) => `${phoneE164} will never be messaged again.`;
  const done = { to: `/contacts/${params.id}${new URL(request.url).search}`, toast };
  return submit(request, { suppress: form(suppressInput, context.api.contacts.suppress, { done }) });
}

export default function ContactList() {
  const { list, page, search } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  return (
    <Page
      title={list.name}
      lead={`${count(list.total, "contact")}, ${list.sendable === list.total ? "all" : list.sendable} of whom can be messaged.`}
      actions={
        <>
          <LinkButton to={`/contacts/upload?list=${list.id}`} variant="default">
            Add contacts
          </LinkButton>
          <LinkButton to={`/campaigns/new?list=${list.id}`}>Write a campaign</LinkButton>
        </>
      }
    >
      <Refused answer={answer} intents={["suppress"]} />
      <Form method="get" role="search">
        <Group align="flex-end" gap="sm">
          <TextInput
            key={search}
            name="search"
            type="search"
            label="Search by name or number"
            defaultValue={search}
            leftSection={<MagnifyingGlassIcon aria-hidden />}
            style={{ flex: "1 1 16rem" }}
            maw={420}
          />
          <Button type="submit" variant="default">
            Search
          </Button>
        </Group>
      </Form>
      <Stack gap="sm">
        <DataTable
          caption={`Contacts of ${list.name}`}
          columns={contactColumns(list.columns)}
          rows={page.rows}
          rowKey={(contact) => contact.id}
          empty={
            search ? (
              <>
                Nobody here is called or has the number “{search}”. <TextLink to="?">Show everybody</TextLink>
              </>
            ) : (
              "This list is empty."
            )
          }
        />
        <Pager nextCursor={page.nextCursor} />
      </Stack>
      <Text size="sm" c="dimmed">
        <TextLink to="/contacts">All lists</TextLink>
      </Text>
    </Page>
  );
}
