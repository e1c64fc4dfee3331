import { Alert, Grid, Stack } from "@mantine/core";
import { CircleBackslashIcon } from "@radix-ui/react-icons";
import { type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction, redirect } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { isId } from "#db/ids.ts";
import { ReachBadge, reachOf } from "../../components/contact-looks.tsx";
import { Refused } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { idParam } from "../../lib/params.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useWayBack } from "../../lib/use-way-back.ts";
import { act } from "./act.server.ts";
import { Consent } from "./consent.tsx";
import { Duplicates, MergeDialog } from "./duplicates.tsx";
import { EditForm } from "./edit-form.tsx";
import { Leaving } from "./leaving.tsx";
import { ListsOf } from "./lists-of.tsx";
import { Timeline } from "./timeline.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data?.contact.name ?? "Contact"} · MassSender` },
];

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const { contacts } = context.api;
  // Lists had their page here.
  if (isId("contactList", params.id)) throw redirect(`/contacts?list=${params.id}`);
  const id = idParam("contact", params.id);
  const query = new URL(request.url).searchParams;
  const other = query.get("merge");
  const [contact, timeline, lists, tags, twin] = await Promise.all([
    contacts.get({ id }),
    contacts.timeline({ id, cursor: query.get("cursor") ?? undefined }),
    contacts.lists(),
    contacts.tags(),
    other ? contacts.get({ id: idParam("contact", other) }) : null,
  ]);
  return { contact, timeline, lists, tags: tags.map(({ tag }) => tag), twin };
}

export function action({ context, params, request }: ActionFunctionArgs) {
  return act(request, context.api.contacts, idParam("contact", params.id));
}

const leads = {
  sendable: "They agreed to your messages: campaigns reach them.",
  unconfirmed: "They agreed, and have not answered YES yet: lists with double opt-in leave them out.",
  not_on_whatsapp: "WhatsApp knows no account with this number: campaigns leave them out.",
  no_consent: "Nothing is sent to them until their consent is recorded.",
  opted_out: "Nothing is sent to them.",
} as const;

export default function Person() {
  const { contact, timeline, lists, tags, twin } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const back = useWayBack(contact.id);
  const asked = lists.some((list) => list.doubleOptIn && contact.lists.some(({ id }) => id === list.id));
  return (
    <Page
      title={contact.name}
      lead={`${contact.phoneE164}. ${leads[reachOf(contact, asked)]}`}
      badge={<ReachBadge person={contact} doubleOptIn={asked} size="lg" />}
      actions={
        <LinkButton variant="default" {...(back?.link ?? { to: "/contacts" })}>
          {back?.label ?? "All contacts"}
        </LinkButton>
      }
    >
      {contact.optedOut && (
        <Alert color="red" icon={<CircleBackslashIcon aria-hidden />} title="Opted out">
          No campaign and no reply goes to this person, on whatever list they are. You cannot take it back: only they
          can, by writing START to you.
        </Alert>
      )}
      <Refused answer={answer} intents={["addToList", "removeFromList", "suppress", "remove"]} />
      <Duplicates contact={contact} />
      <Grid gutter="lg">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="lg">
            <EditForm key={contact.id} contact={contact} tags={tags} answer={answer} />
            <ListsOf contact={contact} lists={lists} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="lg">
            <Consent contact={contact} answer={answer} />
            <Timeline page={timeline} />
            <Leaving contact={contact} answer={answer} />
          </Stack>
        </Grid.Col>
      </Grid>
      {twin && <MergeDialog key={twin.id} contact={contact} twin={twin} answer={answer} />}
    </Page>
  );
}
