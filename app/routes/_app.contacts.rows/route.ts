import type { LoaderFunctionArgs } from "@remix-run/node";
import type { ClientLoaderFunctionArgs } from "@remix-run/react";
import type { Arrival } from "../../lib/use-cursor-pages.ts";
import { type Person, readPage } from "../_app.contacts._index/load.ts";

const ROWS = 200;

/** The people after those that the screen has: read by its table while somebody scrolls. */
export async function loader({ context, request }: LoaderFunctionArgs): Promise<Arrival<Person>> {
  const query = new URL(request.url).searchParams;
  return { cursor: query.get("cursor") ?? "", page: await readPage(context.api, query, ROWS) };
}

/** Rows that do not come are no reason to lose those that are there: the table says so and offers to try again. */
export async function clientLoader({ request, serverLoader }: ClientLoaderFunctionArgs): Promise<Arrival<Person>> {
  try {
    return await serverLoader<typeof loader>();
  } catch {
    return { cursor: new URL(request.url).searchParams.get("cursor") ?? "", page: null };
  }
}

/** The table knows itself which rows are out of date. */
export const shouldRevalidate = () => false;
