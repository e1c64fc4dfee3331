import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { readJid } from "../wire/jids.ts";
import { agree, newKeyPair } from "../wire/keys.ts";
import { childBytes, node, refusal, result, SERVER, seconds } from "../wire/nodes.ts";
import type { Account } from "../world/schema.ts";
import { type Applicant, ask, type CodeHello } from "./applicants.ts";
import { advSecretOf, openBundle, unwrapKey, WRAPPED_BYTES, wrapKey } from "./code-keys.ts";
import { LinkRefused } from "./refused.ts";

/** The stanza of all steps. */
export const LINK_CODE = "link_code_companion_reg";
const CODE_LIVES_MS = 180_000;
const CODE = /^[0-9A-Z]{8}$/;
/** WhatsApp refuses a device whose name is not that of a common browser and system. */
const DISPLAY =
  /^(Chrome|Edge|Firefox|IE|Opera|Safari|Desktop) \((Windows|Mac OS|Linux|Ubuntu|Debian|Fedora|Android|iOS|Chrome OS|FreeBSD|OpenBSD|Solaris|AIX)\)$/;

/** One sentence for every way a code can fail: who guesses must not learn which it was. */
const wrongCode = () =>
  new LinkRefused(409, "This code is wrong or has expired: check it, or let the device show a new one.");

/**
 * The code as the device made it: a phone's keyboard writes capitals, and the dash is only shown. Throws LinkRefused when
 * no code looks like that.
 */
export const readCode = (text: string): string => {
  const code = text.replaceAll(/[\s-]/g, "").toUpperCase();
  if (!CODE.test(code)) throw new LinkRefused(400, "A linking code has 8 letters and digits, such as ABCD-1234.");
  return code;
};

/** The client asks to be linked by code; a later hello takes the place of an earlier one. */
export const takeHello = (ctx: Context, applicant: Applicant, iq: BinaryNode): void => {
  const reg = getBinaryNodeChild(iq, LINK_CODE);
  const phone = readJid(reg?.attrs.jid)?.phone;
  const wrapped = childBytes(reg, "link_code_pairing_wrapped_companion_ephemeral_pub");
  const noise = childBytes(reg, "companion_server_auth_key_pub");
  const display = childBytes(reg, "companion_platform_display")?.toString() ?? "";
  const { connection } = applicant;
  if (
    !phone ||
    wrapped?.length !== WRAPPED_BYTES ||
    !noise?.equals(connection.clientStatic) ||
    !DISPLAY.test(display)
  ) {
    ctx.journal.record("refused", `A wish of "${display}" to be linked by code to ${reg?.attrs.jid}.`);
    connection.send(refusal(iq, 400, "bad-request"));
    return;
  }
  const ref = ctx.random.bytes(32, "link code ref");
  applicant.hello = { phone, ref, wrapped, at: ctx.clock.now() };
  const answer = node(LINK_CODE, { stage: "companion_hello" }, [node("link_code_pairing_ref", {}, ref)]);
  connection.send(result(iq, [answer]));
};

/** Who asked last for a code of this number, and asked not too long ago; throws LinkRefused when nobody did. */
export const findByHello = (ctx: Context, applicants: Iterable<Applicant>, phone: string): [Applicant, CodeHello] => {
  const oldest = ctx.clock.now() - CODE_LIVES_MS;
  let newest: [Applicant, CodeHello] | undefined;
  for (const applicant of applicants) {
    const { hello, connection } = applicant;
    if (hello?.phone !== phone || hello.at < oldest || !connection.alive) continue;
    if (!newest || hello.at >= newest[1].at) newest = [applicant, hello];
  }
  if (!newest) throw wrongCode();
  return newest;
};

/**
 * The phone's side of a typed code: both exchange ephemeral keys under the code, then the client hands over its key bundle.
 * Resolves with the ADV secret. Throws LinkRefused when the code is not the one the client shows.
 */
export const exchangeKeys = async (
  ctx: Context,
  account: Account,
  applicant: Applicant,
  hello: CodeHello,
  code: string,
): Promise<Buffer> => {
  const identity = ctx.signal.identity(account.phone);
  const theirs = await unwrapKey(code, hello.wrapped);
  const ours = newKeyPair();
  const attrs = { from: SERVER, type: LINK_CODE, id: ctx.random.uuid("pairing"), t: seconds(ctx.clock.now()) };
  const primaryHello = node("notification", attrs, [
    node(LINK_CODE, { stage: "primary_hello" }, [
      node("link_code_pairing_ref", {}, hello.ref),
      node("primary_identity_pub", {}, identity.public),
      node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, await wrapKey(code, ours.public)),
    ]),
  ]);
  const finish = getBinaryNodeChild(await ask(ctx, applicant, primaryHello, LINK_CODE, wrongCode()), LINK_CODE);
  try {
    const shared = agree(ours.private, theirs);
    const sealed = childBytes(finish, "link_code_pairing_wrapped_key_bundle") ?? Buffer.alloc(0);
    const { companionIdentity, primaryIdentity, random } = openBundle(shared, sealed);
    if (!companionIdentity.equals(applicant.identity)) throw new Error("not the identity that wants to be linked");
    if (!primaryIdentity.equals(identity.public)) throw new Error("not the identity of this phone");
    return advSecretOf(shared, agree(identity.private, companionIdentity), random);
  } catch (error) {
    ctx.journal.record("refused", `A linking code: ${error instanceof Error ? error.message : error}.`, account);
    throw wrongCode();
  }
};

/** The client's key bundle: for the phone, which alone can tell whether it is good. */
export const takeFinish = (ctx: Context, applicant: Applicant, iq: BinaryNode): void => {
  const ref = childBytes(getBinaryNodeChild(iq, LINK_CODE), "link_code_pairing_ref");
  const { connection, hello, awaits } = applicant;
  if (awaits?.tag === LINK_CODE && hello && ref?.equals(hello.ref)) {
    connection.send(result(iq));
    awaits.heard(iq);
    return;
  }
  ctx.journal.record("refused", "A key bundle that no phone waits for.");
  connection.send(refusal(iq, 404, "item-not-found"));
};
