import { Stack } from "@mantine/core";
import { ChatBubbleIcon, HandIcon, UploadIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { suppressInput } from "#server/contacts/schema.ts";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";
import { idCursor } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { LeaveOut } from "./leave-out.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Opted out · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const cursor = idCursor("suppression", new URL(request.url).searchParams.get("cursor"));
  return context.api.contacts.suppressed({ cursor });
}

export function action({ context, request }: ActionFunctionArgs) {
  return submit(request, { suppress: form(suppressInput, context.api.contacts.suppress) });
}

type Suppression = Awaited<ReturnType<typeof loader>>["rows"][number];

const sources = {
  keyword: { word: "They wrote STOP or the like", color: "gray", icon: ChatBubbleIcon },
  manual: { word: "Left out by you", color: "gray", icon: HandIcon },
  import: { word: "Marked in an import", color: "gray", icon: UploadIcon },
} as const satisfies Record<Suppression["source"], Look>;

const columns: Column<Suppression>[] = [
  { header: "Number", cell: ({ identity }) => numberOf(identity), tight: true },
  {
    header: "Person",
    cell: ({ contact }) => (contact ? <TextLink to={`/contacts/${contact.id}`}>{contact.name}</TextLink> : null),
    wide: true,
  },
  { header: "How", cell: ({ source }) => <StatusBadge look={sources[source]} variant="transparent" px={0} /> },
  { header: "Since", cell: ({ createdAt }) => <Moment at={createdAt} /> },
];

/** WhatsApp shows the numbers of some people to nobody: they are known by a name it made for them. */
function numberOf(identity: string): string {
  return identity.startsWith("pn:") ? identity.slice(3) : `Hidden number ${identity.replace(/^lid:/, "")}`;
}

export default function Suppressed() {
  const { rows, nextCursor } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  return (
    <Page
      title="Opted out"
      lead="These people are never messaged, whatever list they are on. Only they can change it, by writing START to you."
      actions={
        <LinkButton to="/contacts" variant="default">
          All contacts
        </LinkButton>
      }
    >
      <LeaveOut answer={answer} />
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
    </Page>
  );
}
