import type { SignedInUser } from "#server/context.ts";
import type { Api } from "#server/route-api.ts";

declare module "@remix-run/server-runtime" {
  // What server/http.ts hands to every loader and action.
  interface AppLoadContext {
    api: Api;
    user: SignedInUser | null;
    cspNonce: string;
    /** The local WhatsApp is in use: `/dev/phone` exists. */
    simulator: boolean;
    /** Logs, with the request's id, what a loader threw or a page could not be rendered for. */
    reportError: (error: unknown) => void;
    /** Offered to a new account. */
    defaultTz: string;
  }
  interface Future {
    v3_singleFetch: true;
  }
}
