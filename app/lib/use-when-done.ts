import { useEffect, useRef } from "react";
import { usePending } from "../components/form-parts.tsx";
import type { Answer } from "./submit.server.ts";

/** Calls `done` once a form that was sent has been accepted; a refusal leaves what was typed in sight. */
export function useWhenDone(intent: string, answer: Answer | undefined, done: () => void): void {
  const pending = usePending(intent);
  const sent = useRef(false);
  useEffect(() => {
    if (pending) {
      sent.current = true;
      return;
    }
    if (!sent.current) return;
    sent.current = false;
    if (answer?.intent !== intent || answer.result.status !== "error") done();
  }, [pending, intent, answer, done]);
}
