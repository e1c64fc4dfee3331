import { PersonIcon, UploadIcon } from "@radix-ui/react-icons";
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { formatNumber } from "../../lib/format.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Contacts · MassSender" }];

export async function loader({ context }: LoaderFunctionArgs) {
  return { lists: await context.api.contacts.lists() };
}

type List = Awaited<ReturnType<typeof loader>>["lists"][number];

const columns: Column<List>[] = [
  { header: "List", cell: (list) => <TextLink to={`/contacts/${list.id}`}>{list.name}</TextLink>, wide: true },
  { header: "Contacts", cell: (list) => formatNumber(list.total), figures: true },
  { header: "Can be messaged", cell: (list) => formatNumber(list.sendable), figures: true },
  { header: "Columns", cell: (list) => list.columns.join(", ") || "None" },
  { header: "Made", cell: (list) => <Moment at={list.createdAt} /> },
];

export default function Lists() {
  const { lists } = useLoaderData<typeof loader>();
  const upload = (
    <LinkButton to="/contacts/upload" leftSection={<UploadIcon aria-hidden />}>
      Import contacts
    </LinkButton>
  );
  const suppressed = (
    <LinkButton to="/contacts/suppressed" variant="default">
      Opted out
    </LinkButton>
  );
  if (lists.length === 0) {
    return (
      <Page title="Contacts" actions={suppressed}>
        <EmptyState icon={PersonIcon} title="No contacts yet" action={upload}>
          Import an Excel or CSV file with a name, a phone number and the consent of each person. You see what becomes
          of every row before anything is kept.
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page
      title="Contacts"
      lead="Everybody here agreed to get your messages. Whoever opted out since is never messaged."
      actions={
        <>
          {suppressed}
          {upload}
        </>
      }
    >
      <DataTable caption="Contact lists" columns={columns} rows={lists} rowKey={(list) => list.id} />
    </Page>
  );
}
