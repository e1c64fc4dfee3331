import { PaperPlaneIcon, PlusIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData, useSearchParams } from "@remix-run/react";
import { duplicateInput } from "#server/campaigns/draft/schema.ts";
import { campaignStatuses } from "#server/campaigns/results/schema.ts";
import { DataTable, Pager } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Refused } from "../../components/form-parts.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { idCursor, oneOf } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { columns } from "./columns.tsx";
import { Filters } from "./filters.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Campaigns · MassSender" }];

const RUNNING_RELOAD_MS = 15_000;
const SEARCH_MAX = 100;

export async function loader({ context, request }: LoaderFunctionArgs) {
  const { searchParams } = new URL(request.url);
  return context.api.campaigns.list({
    cursor: idCursor("campaign", searchParams.get("cursor")),
    search: searchParams.get("search")?.slice(0, SEARCH_MAX),
    status: oneOf(searchParams.get("status"), campaignStatuses),
  });
}

export function action({ context, request }: ActionFunctionArgs) {
  return submit(request, {
    duplicate: form(duplicateInput, context.api.campaigns.duplicate, {
      done: { to: ({ id }) => `/campaigns/${id}`, toast: "This is the copy. Nothing is sent before you start it." },
    }),
  });
}

export default function Campaigns() {
  const { rows, nextCursor, states } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const [search] = useSearchParams();
  useReloadEvery(
    RUNNING_RELOAD_MS,
    rows.some((row) => row.status === "running"),
  );
  const write = (
    <LinkButton to="/campaigns/new" leftSection={<PlusIcon aria-hidden />}>
      New campaign
    </LinkButton>
  );
  const narrowed = Boolean(search.get("search")) || search.has("status") || search.has("cursor");
  if (rows.length === 0 && !narrowed) {
    return (
      <Page title="Campaigns">
        <EmptyState icon={PaperPlaneIcon} title="No campaign yet" action={write}>
          Write one message for a whole list. It is saved as a draft; nothing is sent before you have checked it and
          started it.
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page title="Campaigns" actions={write}>
      <Refused answer={answer} intents={["duplicate"]} />
      <Filters states={states} />
      <DataTable
        caption="Campaigns"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        empty={
          <>
            No campaign is like that. <TextLink to="/campaigns">Show all</TextLink>
          </>
        }
      />
      <Pager nextCursor={nextCursor} />
    </Page>
  );
}
