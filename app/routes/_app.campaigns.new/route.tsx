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
  if (choices.lists.length === 0 || choices.sessions.length === 0) {
    const noPhone = choices.sessions.length === 0;
    return (
      <Page title="New campaign">
        <EmptyState
          icon={noPhone ? MobileIcon : PersonIcon}
          title={noPhone ? "First link a phone" : "First import contacts"}
          action={
            noPhone ? (
              <LinkButton to="/link">Link a phone</LinkButton>
            ) : (
              <LinkButton to="/contacts/upload">Import contacts</LinkButton>
            )
          }
        >
          A campaign needs a phone that sends it and a list of people who agreed to get it.
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page
      title={choices.draft ? "Edit the draft" : "New campaign"}
      lead="It is saved as a draft. You check it on the next page, and nothing is sent before you start it."
    >
      <CampaignForm key={choices.draft?.id} choices={choices} />
    </Page>
  );
}
