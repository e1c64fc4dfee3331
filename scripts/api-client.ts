import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  isNonJsonSerializable,
  splitLink,
} from "@trpc/client";
import { EventSource } from "eventsource";
import type { AppRouter } from "#server/router.ts";

/** What signs a script in: an API token made on /settings/account, or the cookie of an account it has just opened. */
export type Credentials = { token: string } | { cookie: string } | null;

function headersOf(origin: string, credentials: Credentials): Record<string, string> {
  if (!credentials) return { origin };
  return "token" in credentials
    ? { authorization: `Bearer ${credentials.token}` }
    : { origin, cookie: credentials.cookie };
}

/** The whole typed API of a running server. Files go as multipart, the live stream as server-sent events. */
export function createApiClient(origin: string, credentials: Credentials) {
  const url = `${origin}/trpc`;
  const headers = headersOf(origin, credentials);
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (op) => op.type === "subscription",
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: () => ({
            fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
          }),
        }),
        false: splitLink({
          condition: (op) => isNonJsonSerializable(op.input),
          true: httpLink({ url, headers }),
          false: httpBatchLink({ url, headers, maxItems: 10 }),
        }),
      }),
    ],
  });
}
export type ApiClient = ReturnType<typeof createApiClient>;

/** Opens an account over HTTP and answers its cookie, as a browser would keep it. */
export async function openAccount(
  origin: string,
  account: { email: string; password: string; tz: string },
): Promise<{ cookie: string }> {
  const response = await fetch(`${origin}/trpc/auth.register`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ ...account, acceptTerms: true }),
  });
  const cookie = response.headers.get("set-cookie")?.split(";")[0];
  if (!response.ok || !cookie)
    throw new Error(`The account could not be opened (${response.status}): ${await response.text()}`);
  return { cookie };
}
