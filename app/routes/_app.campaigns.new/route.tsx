import { MobileIcon, PersonIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { createCampaignInput } from "#server/campaigns/schema.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { idParam } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { CampaignForm } from "./campaign-form.tsx";
import { loadChoices } from "./choices.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data?.draft ? data.draft.name : "New campaign"} · MassSender` },
];

export function loader({ context, request }: LoaderFunctionArgs) {
  return loadChoices(context.api, new URL(request.url).searchParams);
}

export function action({ context, request }: ActionFunctionArgs) {
  const { campaigns } = context.api;
  const draft = new URL(request.url).searchParams.get("draft");
  const update = async (input: Parameters<typeof campaigns.create>[0]) => {
    const id = idParam("campaign", draft);
    await campaigns.update({ ...input, id });
    return { id };
  };
  const done = {
    to: ({ id }: { id: string }) => `/campaigns/${id}`,
    toast: "The draft is saved. Nothing is sent yet.",
  };
  return submit(request, { draft: form(createCampaignInput, draft ? update : campaigns.create, { done }) });
}

export default function NewCampaign() {
  const choices = useLoaderData<typeof loader>();
  const { lists, sessions, purpose, draft, chosen } = choices;
  const asking = purpose === "confirmation";
  if (lists.length === 0 || sessions.length === 0) {
    return (
      <Page title="New campaign">
        {sessions.length === 0 ? (
          <EmptyState
            icon={MobileIcon}
            title="First link a phone"
            action={<LinkButton to="/link">Link a phone</LinkButton>}
          >
            A campaign needs a phone that sends it and a list of people who agreed to get it.
          </EmptyState>
        ) : asking ? (
          <EmptyState
            icon={PersonIcon}
            title="No list waits for a YES"
            action={<LinkButton to="/contacts">To the lists</LinkButton>}
          >
            Switch double opt-in on for a list first; then its people can be asked to confirm.
          </EmptyState>
        ) : (
          <EmptyState
            icon={PersonIcon}
            title="First import contacts"
            action={<LinkButton to="/contacts/upload">Import contacts</LinkButton>}
          >
            A campaign needs a phone that sends it and a list of people who agreed to get it.
          </EmptyState>
        )}
      </Page>
    );
  }
  const fresh = asking ? "Ask people to confirm" : "New campaign";
  return (
    <Page
      title={draft ? "Edit the draft" : fresh}
      lead={
        asking
          ? "Each person who agreed is asked once, ever. Who answers YES gets the messages of this list from then on."
          : "It is saved as a draft. You check it on the next page, and nothing is sent before you start it."
      }
    >
      {/* The ready text of a confirmation names the list: another list is another text. */}
      <CampaignForm key={draft?.id ?? (asking ? chosen?.id : purpose)} choices={choices} />
    </Page>
  );
}
