import { PassThrough } from "node:stream";
import {
  type AppLoadContext,
  createReadableStreamFromReadable,
  type EntryContext,
  type LoaderFunctionArgs,
} from "@remix-run/node";
import { isRouteErrorResponse, RemixServer } from "@remix-run/react";
import { isbot } from "isbot";
import { renderToPipeableStream } from "react-dom/server";
import { NonceContext } from "./lib/nonce.ts";

const ABORT_MS = 10_000;

/** Streams the page; robots get it whole. A page that has not ended after 10 s is cut off. */
export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remix: EntryContext,
  context: AppLoadContext,
): Promise<Response> {
  const whole = isbot(request.headers.get("user-agent") ?? "");
  return new Promise((resolve, reject) => {
    let answered = status;
    let shell = false;
    const answer = () => {
      shell = true;
      const body = new PassThrough();
      headers.set("content-type", "text/html; charset=utf-8");
      resolve(new Response(createReadableStreamFromReadable(body), { headers, status: answered }));
      pipe(body);
    };
    const { pipe, abort } = renderToPipeableStream(
      <NonceContext.Provider value={context.cspNonce}>
        <RemixServer context={remix} url={request.url} nonce={context.cspNonce} />
      </NonceContext.Provider>,
      {
        nonce: context.cspNonce,
        onShellReady: whole ? undefined : answer,
        onAllReady: whole ? answer : undefined,
        onShellError: (error) => reject(asError(error)),
        onError: (error) => {
          answered = 500;
          if (request.signal.aborted) return;
          context.reportError(error);
          // Before the shell the error comes once more, by onShellError.
          if (shell) abort();
        },
      },
    );
    const timer = setTimeout(abort, ABORT_MS);
    timer.unref();
    request.signal.addEventListener("abort", () => abort(), { once: true });
  });
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error("the page could not be rendered"));

/** Refusals, addresses that name nothing and requests that were given up are no errors of ours. */
export function handleError(error: unknown, { request, context }: LoaderFunctionArgs): void {
  if (request.signal.aborted || (isRouteErrorResponse(error) && error.status < 500)) return;
  context.reportError(error);
}
