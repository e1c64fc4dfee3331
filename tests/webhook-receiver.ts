import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { emitWebhook } from "#server/webhooks/emit.ts";
import { webhookEvent } from "#server/webhooks/schema.ts";

/** What a receiver was sent, as it came. */
export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  path: string;
}

/** Somebody else's server that is told of what happens. */
export interface Receiver {
  url: string;
  received: Received[];
  /** What it answers from now on; `null` never answers. */
  answers(status: number | null, headers?: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let status: number | null = 204;
  let also: Readonly<Record<string, string>> = {};
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      received.push({ headers: request.headers, body, path: request.url ?? "" });
      if (status !== null) response.writeHead(status, also).end(status === 204 ? "" : `answered ${status}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answers: (next, headers = {}) => {
      status = next;
      also = headers;
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/**
 * Which of these secrets signed it, by the words of the specification of Standard Webhooks alone: nothing of the product's own
 * signing is used.
 */
export function signers({ headers, body }: Received, secrets: readonly string[]): string[] {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    String(headers[name]),
  );
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > 300) throw new Error("the timestamp is not of these minutes");
  return secrets.filter((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
    return signatures?.split(" ").some((signature) => {
      const [version, mac] = signature.split(",");
      const given = Buffer.from(mac ?? "", "base64");
      return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
    });
  });
}

/** The event in a delivery, as the documented schema has it. */
export function eventOf(received: Received) {
  const event = webhookEvent.parse(JSON.parse(received.body));
  if (event.id !== received.headers["webhook-id"]) throw new Error("header and body name different events");
  return event;
}

/** Tells the user's endpoints of a fact of no consequence, which `names` finds again. */
export function tellName(db: Db, userId: Id<"user">, name: string): Promise<void> {
  return emitWebhook(db, userId, "session.linked", {
    sessionId: "was_000000000000000000000000",
    status: "linked",
    reason: null,
    phone: null,
    name,
    restrictedUntil: null,
  });
}

/** The names that were told of, in the order of their coming. */
export const namesIn = (received: readonly Received[]) =>
  received.map(eventOf).map(({ data }) => ("restrictedUntil" in data ? data.name : null));

/** What is left alone, or waits for its next try, need not wait any longer: as if that time had passed. */
export async function letTimePass(db: Db, userId: Id<"user">): Promise<void> {
  // In this order: an endpoint that is no longer left alone is told what is due.
  await db.execute(
    sql`update webhook_deliveries set next_attempt_at = now() where user_id = ${userId} and status = 'queued'`,
  );
  await db.execute(sql`update webhook_endpoints set resume_at = now() where user_id = ${userId}`);
}
