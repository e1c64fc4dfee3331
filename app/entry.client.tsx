import { RemixBrowser } from "@remix-run/react";
import { StrictMode, startTransition } from "react";
import { hydrateRoot } from "react-dom/client";
import { config } from "zod/v4";

// zod would probe for `new Function`, which the content security policy refuses and reports.
config({ jitless: true });

/**
 * Resolves when the page's data is decoded. RemixBrowser throws the promise of it, before any hook, and so suspends the
 * root; a key pressed in that moment makes React 18 give the hydration up for good (its error 345). So it is asked first.
 */
async function pageData(): Promise<void> {
  try {
    RemixBrowser({});
  } catch (pending) {
    if (pending instanceof Promise) await pending;
  }
}

// A step to elsewhere ends a reload that is on its way. Remix knows, yet leaves the stream's own promise to reject unheard.
window.addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof DOMException && event.reason.name === "AbortError") event.preventDefault();
});

await pageData();
startTransition(() => {
  hydrateRoot(
    document,
    <StrictMode>
      <RemixBrowser />
    </StrictMode>,
  );
});
