import { useFetcher } from "@remix-run/react";
import { useEffect, useRef } from "react";
import { INTENT_FIELD } from "../../lib/form-data.ts";
import type { Conversation } from "./load.ts";

/** What is in sight is seen: the messages of an open conversation are marked as read while its page is looked at. */
export function useSeen({ id, unread, messages }: Conversation): void {
  const { submit } = useFetcher();
  const told = useRef<string | null>(null);
  const upTo = messages.findLast(({ from }) => from === "them")?.id;
  useEffect(() => {
    if (unread === 0 || upTo === undefined) return;
    const tell = () => {
      if (document.visibilityState !== "visible" || told.current === upTo) return;
      told.current = upTo;
      submit({ [INTENT_FIELD]: "read", id, upTo }, { method: "post", action: `/inbox/${id}` });
    };
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, [id, unread, upTo, submit]);
}
