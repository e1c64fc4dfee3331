import { useFetcher } from "@remix-run/react";
import { useCallback, useState } from "react";
import type { Message, Messages } from "./load.ts";

/** Both, each message once and as the newer reading has it, in order. */
function join(before: readonly Message[], after: readonly Message[]): Message[] {
  const byId = new Map([...before, ...after].map((message) => [message.id, message] as const));
  return [...byId.values()].sort((a, b) => a.at.getTime() - b.at.getTime());
}

/**
 * The messages of a conversation: the last ones come with the screen's data and change with it, those before them are read
 * when somebody asks, and stay. Mount it anew for another conversation.
 */
export function useThread(id: string, last: Messages) {
  const { load, state, data } = useFetcher<{ page: Messages | null }>();
  const [known, setKnown] = useState({ last, data, messages: last.messages, earlierCursor: last.earlierCursor });
  let { messages, earlierCursor } = known;
  if (known.last !== last) {
    const ids = new Set(messages.map((message) => message.id));
    // More came meanwhile than a page holds: what is between is not here, so everything before is read again.
    const follows = last.earlierCursor === null || last.messages.some((message) => ids.has(message.id));
    messages = follows ? join(messages, last.messages) : last.messages;
    earlierCursor = follows ? earlierCursor : last.earlierCursor;
  }
  if (known.data !== data && data?.page) {
    messages = join(data.page.messages, messages);
    earlierCursor = data.page.earlierCursor;
  }
  if (known.last !== last || known.data !== data) setKnown({ last, data, messages, earlierCursor });
  return {
    messages,
    earlierCursor,
    loading: state !== "idle",
    failed: state === "idle" && data?.page === null,
    loadEarlier: useCallback(() => {
      if (earlierCursor !== null) load(`/inbox/${id}/messages?${new URLSearchParams({ before: earlierCursor })}`);
    }, [load, id, earlierCursor]),
  };
}
