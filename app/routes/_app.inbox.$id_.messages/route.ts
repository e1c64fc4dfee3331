import type { LoaderFunctionArgs } from "@remix-run/node";
import type { ClientLoaderFunctionArgs } from "@remix-run/react";
import { idParam } from "../../lib/params.ts";
import type { Messages } from "../_app.inbox.$id/load.ts";

/** The messages before those that a conversation shows; null when they did not come. */
export async function loader({ context, params, request }: LoaderFunctionArgs): Promise<{ page: Messages | null }> {
  const cursor = new URL(request.url).searchParams.get("before")?.slice(0, 80) || undefined;
  return { page: await context.api.inbox.messages({ id: idParam("conversation", params.id), cursor }) };
}

export async function clientLoader({ serverLoader }: ClientLoaderFunctionArgs): Promise<{ page: Messages | null }> {
  try {
    return await serverLoader<typeof loader>();
  } catch {
    return { page: null };
  }
}

export const shouldRevalidate = () => false;
