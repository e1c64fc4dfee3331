import { type RefObject, useEffect, useRef } from "react";

/** Tells what somebody put into a field before the page was alive: nobody listened then. */
export function useEarlier(ref: RefObject<{ value: string }>, value: string, tell: (value: string) => void): void {
  const first = useRef({ value, tell });
  useEffect(() => {
    const put = ref.current?.value;
    if (put !== undefined && put !== first.current.value) first.current.tell(put);
  }, [ref]);
}

/** The same for a box: acts when it was ticked, or its tick taken away, before the page was alive. */
export function useEarlierTick(shown: boolean, act: (box: HTMLInputElement) => void): RefObject<HTMLInputElement> {
  const ref = useRef<HTMLInputElement>(null);
  const first = useRef({ shown, act });
  useEffect(() => {
    if (ref.current && ref.current.checked !== first.current.shown) first.current.act(ref.current);
  }, []);
  return ref;
}
