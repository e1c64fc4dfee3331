import type { LoaderFunctionArgs } from "@remix-run/node";
import type { ClientLoaderFunctionArgs } from "@remix-run/react";
import type { Arrival } from "../../lib/use-cursor-pages.ts";
import { type ConversationRow, readList } from "../_app.inbox/load.ts";

/** The conversations after those that the list has. */
export async function loader({ context, request }: LoaderFunctionArgs): Promise<Arrival<ConversationRow>> {
  const query = new URL(request.url).searchParams;
  return { cursor: query.get("cursor") ?? "", page: await readList(context.api, query) };
}

/** What does not come is no reason to lose what is there: the list says so and offers to try again. */
export async function clientLoader({
  request,
  serverLoader,
}: ClientLoaderFunctionArgs): Promise<Arrival<ConversationRow>> {
  try {
    return await serverLoader<typeof loader>();
  } catch {
    return { cursor: new URL(request.url).searchParams.get("cursor") ?? "", page: null };
  }
}

/** The list knows itself which rows are out of date. */
export const shouldRevalidate = () => false;
