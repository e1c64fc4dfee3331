import type { BinaryNode } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { node, result, SERVER, seconds } from "../wire/nodes.ts";
import type { Account } from "../world/schema.ts";
import type { Applicant } from "./applicants.ts";
import { LinkRefused } from "./refused.ts";

const PASSKEY_TIMEOUT_MS = 600_000;
/** The element with the question, in the notification and in the answer to a query for it. */
export const PASSKEY_OPTIONS = "passkey_request_options";

/** The WebAuthn request as WhatsApp words it: JSON of PublicKeyCredentialRequestOptions. */
const requestOptions = (ctx: Context): Buffer =>
  Buffer.from(
    JSON.stringify({
      challenge: ctx.random.bytes(32, "passkey challenge").toString("base64url"),
      timeout: PASSKEY_TIMEOUT_MS,
      rpId: "whatsapp.com",
      allowCredentials: [],
      userVerification: "required",
      extensions: { uvm: true },
    }),
  );

/** Why a link to an account with a passkey does not come about. */
export const passkeyRefusal = () =>
  new LinkRefused(
    409,
    "WhatsApp asks the device for this account's passkey, and a phone here cannot go on before it is answered: turn `passkey` off and begin anew.",
  );

/**
 * Asks the client for the account's passkey, as WhatsApp does since July 2026 before it lets the phone finish. The ceremony
 * itself is not imitated: the client may answer or not, this link is over.
 */
export const askForPasskey = (ctx: Context, account: Account, applicant: Applicant): LinkRefused => {
  applicant.stage = "passkey";
  applicant.passkeyOptions = requestOptions(ctx);
  const id = ctx.random.uuid("pairing");
  const attrs = { from: SERVER, type: "passkey_prologue_request", id, t: seconds(ctx.clock.now()) };
  applicant.connection.send(node("notification", attrs, [node(PASSKEY_OPTIONS, {}, applicant.passkeyOptions)]));
  ctx.journal.record("refused", "A link without the account's passkey.", account);
  return passkeyRefusal();
};

/** The question once more, for a client that could not read the notification. */
export const repeatOptions = (applicant: Applicant, iq: BinaryNode): BinaryNode =>
  result(iq, [node(PASSKEY_OPTIONS, {}, applicant.passkeyOptions)]);
