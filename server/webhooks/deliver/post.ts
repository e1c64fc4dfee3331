import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { judgeCode, readRetryAfter, type TryProblem, urlProblem } from "../rules.ts";
import { isLoopback, isPublicAddress } from "./address.ts";
import type { Address, Resolve } from "./resolve.ts";

export interface PostOptions {
  /** Receivers on this machine are allowed: for development and tests. */
  local: boolean;
  resolve: Resolve;
  /** For everything, from the look-up of the name to the end of the answer. */
  timeoutMs: number;
  /** Ends the try; what it was worth is not known then. */
  signal?: AbortSignal | undefined;
}

/** What came of a try. */
export interface Answer {
  /** HTTP status; null when there was no answer. */
  code: number | null;
  /** Null: it was taken. */
  problem: TryProblem | null;
  /** The beginning of what was answered. */
  text: string | null;
  /** How long it asked to be left alone (Retry-After), within bounds; null when it did not. Milliseconds. */
  retryAfterMs: number | null;
  ms: number;
}

/** Of an answer so much is read, and so much of that is kept. */
const READ_BYTES = 4_096;
const KEPT_CHARACTERS = 300;

class Refused extends Error {
  readonly problem: TryProblem;
  constructor(problem: TryProblem) {
    super(problem);
    this.problem = problem;
  }
}

/**
 * Posts a body to an address of the public internet. The name is resolved once, all it leads to is looked at, and the
 * connection goes to the very addresses that were looked at; redirects are not followed, no proxy is asked.
 * @throws the signal's reason when it was ended; whatever the receiver does is an `Answer`
 */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  options: PostOptions,
): Promise<Answer> {
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, options.timeoutMs);
  options.signal?.addEventListener("abort", end, { once: true });
  try {
    options.signal?.throwIfAborted();
    if (urlProblem(url, options.local)) throw new Refused("address");
    const target = new URL(url);
    const addresses = await unlessEnded(findAddresses(target, options, ending.signal), ending.signal);
    const response = await send(target, headers, body, addresses, ending.signal);
    const code = response.statusCode ?? 0;
    const retryAfterMs = readRetryAfter(code, response.headers["retry-after"], new Date());
    return { code, problem: judgeCode(code), text: await readStart(response), retryAfterMs, ms: ms() };
  } catch (error) {
    options.signal?.throwIfAborted();
    const problem = ending.signal.aborted ? "timeout" : problemOf(error);
    return { code: null, problem, text: null, retryAfterMs: null, ms: ms() };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", end);
  }
}

/** A look-up that does not end with the rest is left alone. */
function unlessEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Refused("timeout"));
    if (signal.aborted) ended();
    signal.addEventListener("abort", ended, { once: true });
    work.then(resolve, reject);
  });
}

async function findAddresses(target: URL, { resolve, local }: PostOptions, signal: AbortSignal): Promise<Address[]> {
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  const addresses = family === 0 ? await nameToAddresses(host, resolve, signal) : [{ address: host, family }];
  if (addresses.length === 0) throw new Refused("name");
  // One private address among public ones is refused too: the next connection might go there.
  const isAllowed = ({ address }: Address) =>
    local && isLoopback(address) ? true : target.protocol === "https:" && isPublicAddress(address);
  if (!addresses.every(isAllowed)) throw new Refused("private");
  return addresses;
}

/** Whatever name servers say when they have no address to tell: there is none to deliver to. */
async function nameToAddresses(name: string, resolve: Resolve, signal: AbortSignal): Promise<Address[]> {
  try {
    return await resolve(name, signal);
  } catch {
    throw new Refused("name");
  }
}

function send(
  target: URL,
  headers: Record<string, string>,
  body: string,
  addresses: Address[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const pinned: LookupFunction = (_name, { all }, done) => {
    const [first] = addresses;
    if (all) done(null, addresses);
    else done(null, first?.address ?? "", first?.family ?? 4);
  };
  const request = target.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(target, {
      method: "POST",
      // A connection of its own: none is left open to an address that was looked at long ago.
      agent: false,
      lookup: pinned,
      signal,
      headers: {
        ...headers,
        "content-type": "application/json; charset=utf-8",
        "content-length": String(Buffer.byteLength(body)),
        "accept-encoding": "identity",
        "user-agent": "MassSender-Webhooks/1",
      },
    });
    sent.once("response", resolve);
    // After the answer has begun, errors are the answer's.
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The beginning of an answer, on one line; an answer that breaks off, or never ends, is what came of it. */
async function readStart(response: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= READ_BYTES) break;
    }
  } catch {
    // Taken or not, its status said.
  } finally {
    response.destroy();
  }
  const text = Buffer.concat(parts)
    .toString("utf8")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return text === "" ? null : text.slice(0, KEPT_CHARACTERS);
}

const certificate = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/;

function problemOf(error: unknown): TryProblem {
  if (error instanceof Refused) return error.problem;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return certificate.test(code) ? "tls" : "connect";
}
