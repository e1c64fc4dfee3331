import { and, eq, isNotNull } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, isId } from "#db/ids.ts";
import { waSessions } from "#db/schema/index.ts";
import type { Env } from "../env.ts";
import { DomainError } from "../errors.ts";

type SimulatorEnv = Pick<Env, "simulatorUrl" | "whatsapp">;

const failure = z.object({ error: z.string() });
const account = z.object({
  phone: z.string(),
  name: z.string().nullable(),
  devices: z.array(z.object({ id: z.number(), connected: z.boolean() })),
});
const chat = z.object({
  with: z.string(),
  name: z.string().nullable(),
  messages: z.array(
    z.object({
      id: z.string(),
      fromMe: z.boolean(),
      text: z.string().nullable(),
      at: z.coerce.date(),
      copies: z.number(),
    }),
  ),
});

/** Asks the local WhatsApp's control API. Elsewhere than beside it, the pretend phone does not exist. */
async function ask<T extends z.ZodType>(
  env: SimulatorEnv,
  answer: T,
  path: string,
  body?: unknown,
): Promise<z.infer<T>> {
  if (env.whatsapp !== "simulator") throw new DomainError("not_found");
  const response = await fetch(new URL(path, env.simulatorUrl), {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5_000),
  }).catch(() => {
    throw new DomainError("simulator_unavailable", { why: "it does not answer. Start it with npm start." });
  });
  const json: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const said = failure.safeParse(json);
    throw new DomainError("simulator_unavailable", {
      why: said.success ? said.data.error : `status ${response.status}`,
    });
  }
  return answer.parse(json);
}

const at = (phone: string) => encodeURIComponent(phone);

export const listPhones = (env: SimulatorEnv) => ask(env, z.array(account), "/accounts");

/** What a phone shows: its own chats, whoever they are with. */
export const readChats = (env: SimulatorEnv, input: { phone: string }) =>
  ask(env, z.array(chat), `/phones/${at(input.phone)}/chats`);

/** A person writes from their phone to a linked account. */
export async function writeFrom(
  env: SimulatorEnv,
  input: { from: string; to: string; text: string },
): Promise<{ id: string }> {
  return ask(env, z.object({ id: z.string() }), `/phones/${at(input.from)}/messages`, {
    to: input.to,
    text: input.text,
  });
}

/** Scans the QR that one of the user's own sessions shows at this moment. @throws not_found when it shows none */
export async function scanQr(
  tx: Db,
  env: SimulatorEnv,
  userId: Id<"user">,
  input: { sessionId: string; phone: string; name?: string | undefined },
): Promise<void> {
  if (!isId("waSession", input.sessionId)) throw new DomainError("not_found");
  const [session] = await tx
    .select({ qr: waSessions.qr })
    .from(waSessions)
    .where(and(eq(waSessions.id, input.sessionId), eq(waSessions.userId, userId), isNotNull(waSessions.qr)));
  if (!session) throw new DomainError("not_found");
  await ask(env, account, "/accounts", { phone: input.phone, ...(input.name ? { name: input.name } : {}) });
  await ask(env, z.object({ deviceId: z.number() }), `/accounts/${at(input.phone)}/scan`, { qr: session.qr });
}
