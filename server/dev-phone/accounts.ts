import { and, eq, isNotNull } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, isId } from "#db/ids.ts";
import { waSessions } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { anything, ask, part, type SimulatorEnv } from "./ask.ts";

const account = z.object({
  phone: z.string(),
  name: z.string().nullable(),
  passkey: z.boolean(),
  devices: z.array(
    z.object({
      id: z.number(),
      connected: z.boolean(),
      platform: z.string(),
      linkedAt: z.coerce.date(),
    }),
  ),
  delays: z.record(z.string(), z.unknown()),
  faults: z.record(z.string(), z.unknown()),
});
const deviceId = z.object({ deviceId: z.number() });

/** The phones that can link devices. */
export const listAccounts = (env: SimulatorEnv) => ask(env, z.array(account), "GET", "/accounts");

/** Makes an account, or names the one of this number. */
export const openAccount = (env: SimulatorEnv, input: { phone: string; name?: string | undefined }) =>
  ask(env, account, "POST", "/accounts", { phone: input.phone, ...(input.name ? { name: input.name } : {}) });

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
  await openAccount(env, input);
  await ask(env, deviceId, "POST", `/accounts/${part(input.phone)}/scan`, { qr: session.qr });
}

/** Types a pairing code on the phone, as WhatsApp's "Link with phone number instead" does. */
export const linkByCode = (env: SimulatorEnv, input: { phone: string; code: string }) =>
  ask(env, deviceId, "POST", `/accounts/${part(input.phone)}/link-code`, { code: input.code.replace(/[- ]/g, "") });

/** Removes a linked device on the phone; whoever holds its socket hears 401. */
export const unlinkDevice = (env: SimulatorEnv, input: { phone: string; deviceId: number }) =>
  ask(env, anything, "POST", `/accounts/${part(input.phone)}/unlink`, { deviceId: input.deviceId });

/** Whether linking needs a passkey that only WhatsApp's own apps can show. */
export const setPasskey = (env: SimulatorEnv, input: { phone: string; to: "on" | "off" }) =>
  ask(env, anything, "PUT", `/accounts/${part(input.phone)}`, { passkey: input.to === "on" });
