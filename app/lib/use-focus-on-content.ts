import { useLocation } from "@remix-run/react";
import { useEffect, useRef } from "react";

/** After a navigation in the page the focus goes to its new content, as after a page load: nothing else would tell a screen reader. */
export function useFocusOnContent(): void {
  const { pathname } = useLocation();
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    document.getElementById("content")?.focus({ preventScroll: true });
  }, [pathname]);
}
