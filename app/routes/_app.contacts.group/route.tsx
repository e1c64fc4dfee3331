import { MobileIcon, PersonIcon, UploadIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { importInput, openByKeyInput, openByLinkInput, refreshInput } from "#server/groups/schema.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { count } from "../../lib/format.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { Frame } from "./frame.tsx";
import { GroupScreen } from "./group-screen.tsx";
import { GroupsScreen } from "./groups-screen.tsx";
import { ImportedScreen } from "./imported-screen.tsx";
import { groupsOf, loadGroups } from "./load.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Import a group · MassSender" }];

export function loader({ context, request }: LoaderFunctionArgs) {
  return loadGroups(context.api, new URL(request.url).searchParams);
}

export function action({ context, request }: ActionFunctionArgs) {
  const { groups } = context.api;
  const query = new URL(request.url).searchParams;
  const here = groupsOf(query.get("session") ?? "");
  const opened = { to: ({ question }: { question: string }) => `${here}&question=${question}` };
  return submit(request, {
    refresh: form(refreshInput, groups.refresh, { done: { to: here } }),
    open: form(openByKeyInput, groups.open, { done: opened }),
    open_link: form(openByLinkInput, groups.open, { done: opened }),
    import: form(importInput, groups.import, {
      done: { to: ({ contactListId }) => `${here}&list=${contactListId}`, toast: tellImport },
    }),
  });
}

interface Outcome {
  added: number;
  known: number;
  optedOut: number;
  invalid: number;
}
function tellImport({ added, known, optedOut, invalid }: Outcome): string {
  const parts = [`${count(added, "new contact")} without consent`];
  if (known > 0) parts.push(`${count(known, "contact")} from before, as they were`);
  if (optedOut > 0) parts.push(`${optedOut} left out because they opted out`);
  if (invalid > 0) parts.push(`${invalid} left out because the number cannot exist`);
  return `Imported: ${parts.join(", ")}.`;
}

export default function ImportGroup() {
  const loaded = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  switch (loaded.view) {
    case "off":
      return (
        <Frame warn={false}>
          <EmptyState
            icon={PersonIcon}
            title="Group import is switched off here"
            action={
              <LinkButton to="/contacts/upload" leftSection={<UploadIcon aria-hidden />}>
                Import a file
              </LinkButton>
            }
          >
            Whoever runs this server does not allow it. Import a file in which each person's consent is noted.
          </EmptyState>
        </Frame>
      );
    case "no_phone":
      return (
        <Frame>
          <EmptyState
            icon={MobileIcon}
            title="No phone is linked"
            action={<LinkButton to="/link">Link a phone</LinkButton>}
          >
            Groups are read through a linked phone that is in them.
          </EmptyState>
        </Frame>
      );
    case "groups":
      return <GroupsScreen loaded={loaded} answer={answer} />;
    case "group":
      return <GroupScreen loaded={loaded} answer={answer} />;
    case "imported":
      return <ImportedScreen loaded={loaded} />;
  }
}
