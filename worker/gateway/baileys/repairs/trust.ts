import "../quiet.ts";
import { createRequire } from "node:module";
import { Curve, WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { z } from "zod";
import type { Env } from "#server/env.ts";

interface SignalCurve {
  verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}
// libsignal is CommonJS, and its types leave `curve` out of the main module.
const { curve } = createRequire(import.meta.url)("libsignal") as { curve: SignalCurve };

const KEY_TYPE = 5;

/** The check that Baileys 7.0.0-rc14 means to make: it calls this libsignal function and then ignores its answer. */
function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = publicKey.length === 33 ? publicKey : Buffer.concat([Buffer.from([KEY_TYPE]), publicKey]);
    return curve.verifySignature(key, message, signature) === true;
  } catch {
    return false;
  }
}

/**
 * Makes Baileys check signatures: the server's certificate and, at pairing, the phone's. `Curve` is one object that the
 * whole library shares. Without this nothing but TLS tells who the server is. Done when this module is loaded.
 */
Curve.verify = verify;

const trustAnswer = z.object({ publicKey: z.base64(), serial: z.literal(0), ca: z.string() });

/** A process that logs twenty sessions in at a time reads an answer late. */
const TRUST_TIMEOUT_MS = 10_000;

/** Where to connect, after seeing to it that exactly that server will be believed. */
export interface Server {
  webSocketUrl: string | undefined;
  /** Who signed the certificates of its media servers (PEM); undefined: somebody whom everybody trusts. */
  ca: string | undefined;
}

/**
 * The server of this installation. For the simulator its root key replaces WhatsApp's, read anew before each connection
 * because a restarted simulator may have another; for the real WhatsApp Baileys' own address and key stay.
 * @throws when the simulator does not answer
 */
export async function trustedServer(env: Pick<Env, "whatsapp" | "simulatorUrl">): Promise<Server> {
  if (env.whatsapp !== "simulator") return { webSocketUrl: undefined, ca: undefined };
  const answer = await fetch(new URL("/trust", env.simulatorUrl), { signal: AbortSignal.timeout(TRUST_TIMEOUT_MS) });
  const { publicKey, ca } = trustAnswer.parse(await answer.json());
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(publicKey, "base64");
  return { webSocketUrl: new URL("/ws/chat", env.simulatorUrl.replace(/^http/, "ws")).href, ca };
}
