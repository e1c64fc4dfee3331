import { useActionData, useLocation } from "@remix-run/react";
import { useState } from "react";

/**
 * What the page's form was last answered. An event that reloads the page's data forgets it, and somebody may be reading it:
 * it stays until they go on.
 */
export function useLastAnswer<A>() {
  const answer = useActionData<A>();
  const { key } = useLocation();
  const [kept, setKept] = useState({ key, answer });
  // An answer is there before its navigation has ended, and so before the key it belongs to.
  if (key !== kept.key || (answer !== undefined && answer !== kept.answer)) {
    setKept({ key, answer });
    return answer;
  }
  return kept.answer;
}
