import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { redirect } from "@remix-run/node";
import { type ClientActionFunctionArgs, useLoaderData, useLocation } from "@remix-run/react";
import { useEffect, useRef } from "react";
import { conversationRef, messageRef, readInput, replyInput } from "#server/inbox/schema.ts";
import { Refused } from "../../components/form-parts.tsx";
import { idCursor, idParam } from "../../lib/params.ts";
import { type Answer, form, submit } from "../../lib/submit.server.ts";
import { useHydrated } from "../../lib/use-hydrated.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { listSearch } from "../_app.inbox/load.ts";
import { Composer } from "./composer.tsx";
import { Head } from "./head.tsx";
import { calledBy } from "./load.ts";
import { Thread } from "./thread.tsx";
import { useSeen } from "./use-seen.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data ? calledBy(data.conversation) : "Conversation"} · Inbox · MassSender` },
];

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const { searchParams: query, search } = new URL(request.url);
  const id = idParam("conversation", params.id);
  const cursor = query.get("before")?.slice(0, 80) || undefined;
  const mediaId = idCursor("media", query.get("media"));
  const [conversation, media] = await Promise.all([
    context.api.inbox.get({ id, cursor }),
    mediaId ? context.api.media.get({ id: mediaId }) : null,
  ]);
  // It became one with another.
  if (conversation.id !== id) throw redirect(`/inbox/${conversation.id}${search}`);
  return { conversation, media };
}

export function action({ context, params, request }: ActionFunctionArgs) {
  const { inbox } = context.api;
  const list = listSearch(new URL(request.url).searchParams);
  const here = `/inbox/${params.id}${list}`;
  return submit(request, {
    reply: form(replyInput, inbox.reply, { done: { to: here } }),
    withdraw: form(messageRef, inbox.withdraw, { done: { to: here } }),
    again: form(messageRef, inbox.retry, { done: { to: here } }),
    read: form(readInput, inbox.markRead),
    unread: form(conversationRef, inbox.markUnread, { done: { to: `/inbox${list}` } }),
    leaveOut: form(conversationRef, inbox.leaveOut, {
      done: { to: here, toast: "They will never be messaged again." },
    }),
  });
}

// What was typed stays when the server cannot be reached.
export async function clientAction({ serverAction, request }: ClientActionFunctionArgs) {
  const intent = (await request.clone().formData()).get("intent");
  try {
    return await serverAction<typeof action>();
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    const unreachable: Answer = {
      intent: typeof intent === "string" ? intent : "",
      result: { status: "error", error: { "": ["The server cannot be reached at the moment. Try again."] } },
      status: 503,
    };
    return Response.json(unreachable, { status: unreachable.status });
  }
}

export default function ConversationPage() {
  const { conversation, media } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  useSeen(conversation);
  useFocusOnPerson();
  const { id } = conversation;
  return (
    // A landmark of its own: what somebody looks for when they come from the list.
    <section aria-labelledby="conversation" style={{ display: "contents" }} key={id}>
      <Head conversation={conversation} />
      <Refused answer={answer} intents={["withdraw", "again", "leaveOut", "unread"]} />
      <Thread conversation={conversation} />
      <Composer conversation={conversation} media={media} answer={answer} />
    </section>
  );
}

/** Who opens a conversation goes on there: the focus goes to its person's name, from which Tab leads to the rest. */
function useFocusOnPerson(): void {
  const { pathname } = useLocation();
  const goneTo = useHydrated();
  // The first page that is opened keeps the focus where the browser has it.
  const last = useRef(goneTo ? null : pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    // The frame moves the focus to the page's content in the same moment.
    const frame = requestAnimationFrame(() => {
      document.getElementById("conversation")?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [pathname]);
}
