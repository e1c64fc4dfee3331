import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { finished, pipeline } from "node:stream/promises";
import type { Context } from "../service/context.ts";
import { accountOfAuth, directPath, readDirectPath, readUploadPath } from "./paths.ts";
import { newAuthority, serverCertificate } from "./tls.ts";
import { TooLarge } from "./vault.ts";

/** The largest file a client may upload, encrypted. */
export const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;

const ASKED_FOR = "This failure was asked for.";
/** Node's own 5 s resets the connections of slow clients. */
const KEEP_ALIVE_MS = 60_000;

const say = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

/** Refuses an upload after all of it came: a client that still writes may never read an answer. */
const refuse = async (request: IncomingMessage, response: ServerResponse, status: number, sentence: string) => {
  request.resume();
  await finished(request);
  say(response, status, { error: sentence });
};

const upload = async (ctx: Context, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (Number(request.headers["content-length"]) > MAX_UPLOAD_BYTES) {
    response.shouldKeepAlive = false;
    return say(response, 413, { error: "The file is larger than 64 MB." });
  }
  const phone = accountOfAuth(ctx.store.secret, url.searchParams.get("auth") ?? "");
  if (!phone || !ctx.store.accounts.has(phone)) {
    return refuse(request, response, 401, "The auth is not one that media_conn gave.");
  }
  const fault = ctx.faultsOf(phone).strikes("failUploads", url.pathname);
  if (fault) return refuse(request, response, fault.status, ASKED_FOR);
  const announced = readUploadPath(url.pathname);
  if (!announced) return refuse(request, response, 400, "The path must be /mms/image/ and the base64url SHA-256.");
  const { folder, sha256 } = announced;
  if (!(await ctx.media.uploads.take(sha256, request, MAX_UPLOAD_BYTES))) {
    ctx.journal.record("refused", "an upload whose SHA-256 is not the one in its path", { phone });
    return say(response, 400, { error: "The SHA-256 of what came is not the one in the path." });
  }
  const { uploadedBy } = ctx.media;
  uploadedBy.set(phone, (uploadedBy.get(phone) ?? 0) + 1);
  const path = directPath(folder, sha256, phone);
  return say(response, 200, { url: `https://${ctx.media.host}${path}`, direct_path: path });
};

/** The first and last byte asked for: everything without a Range, undefined when it asks for none of these bytes. */
const rangeOf = (header: string | undefined, bytes: number): { from: number; to: number } | undefined => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (!first && !last) return { from: 0, to: bytes - 1 };
  const from = first ? Number(first) : Math.max(0, bytes - Number(last));
  const to = first && last ? Math.min(Number(last), bytes - 1) : bytes - 1;
  return from <= to ? { from, to } : undefined;
};

const download = async (ctx: Context, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const reader = `+${url.searchParams.get("for")}`;
  const fault = ctx.store.accounts.has(reader) && ctx.faultsOf(reader).strikes("failDownloads", url.pathname);
  if (fault) return say(response, fault.status, { error: ASKED_FOR });
  const found = await ctx.media.uploads.find(readDirectPath(url.pathname) ?? "");
  if (!found) return say(response, 404, { error: "There is no such file, or it was forgotten after 30 days." });
  const range = rangeOf(request.headers.range, found.bytes);
  if (!range) {
    response.writeHead(416, { "content-range": `bytes */${found.bytes}` }).end();
    return;
  }
  const { from, to } = range;
  const partial = to - from + 1 < found.bytes;
  response.writeHead(partial ? 206 : 200, {
    "content-type": "application/octet-stream",
    "content-length": to - from + 1,
    "accept-ranges": "bytes",
    ...(partial && { "content-range": `bytes ${from}-${to}/${found.bytes}` }),
  });
  return pipeline(found.stream(from, to), response);
};

const answer = async (ctx: Context, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const path = request.url ?? "/";
  if (!URL.canParse(path, "https://media")) return say(response, 404, { error: `There is nothing at ${path}.` });
  const url = new URL(path, "https://media");
  if (request.method === "POST" && url.pathname.startsWith("/mms/")) await upload(ctx, url, request, response);
  else if (request.method === "GET") await download(ctx, url, request, response);
  else say(response, 404, { error: `There is nothing at ${request.method} ${url.pathname}.` });
};

const fail = (response: ServerResponse, error: unknown): void => {
  // The client went away, or sent too much in chunks: there is nobody to answer.
  if (response.destroyed || response.headersSent || error instanceof TooLarge) response.destroy();
  else {
    process.stderr.write(`simulator: ${error instanceof Error ? error.stack : error}\n`);
    say(response, 500, { error: "The simulator failed; its log says how." });
  }
};

/**
 * Starts the HTTPS server that clients upload to and download from; its certificate names `publicHost`. Port 0 is the one
 * of the last time on this state while it is free, so that what was sent keeps its address, or any. Rejects when the port
 * is taken.
 */
export const startMediaServer = async (
  ctx: Context,
  { host, port, publicHost }: { host: string; port: number; publicHost: string },
): Promise<{ close: () => void }> => {
  ctx.store.authority ??= await newAuthority();
  const { key, cert } = await serverCertificate(ctx.store.authority, publicHost);
  const server = createServer({ key, cert }, (request, response) => {
    answer(ctx, request, response).catch((error: unknown) => fail(response, error));
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const listen = (on: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(on, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  if (port || !ctx.store.mediaPort) await listen(port);
  else await listen(ctx.store.mediaPort).catch(() => listen(0));
  // A listening TCP server always has an address with a port.
  const { port: taken } = server.address() as AddressInfo;
  ctx.store.mediaPort = taken;
  ctx.media.host = `${publicHost.includes(":") ? `[${publicHost}]` : publicHost}:${taken}`;
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
