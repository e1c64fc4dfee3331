import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { node, refusal, result, seconds } from "../wire/nodes.ts";
import type { Applicant } from "./applicants.ts";
import { LINK_CODE, takeFinish, takeHello } from "./link-code.ts";
import { PASSKEY_OPTIONS, repeatOptions } from "./passkey.ts";

/** What is heard without a word: a notification is confirmed, a client says who it is. */
const UNANSWERED = new Set(["ack", "ib", "presence", "chatstate"]);

const answerQuestion = (ctx: Context, applicant: Applicant, iq: BinaryNode): void => {
  const { xmlns } = iq.attrs;
  const stage = xmlns === "md" && getBinaryNodeChild(iq, LINK_CODE)?.attrs.stage;
  const passkey = xmlns === "md" && applicant.stage === "passkey" && getBinaryNodeChild(iq, PASSKEY_OPTIONS);
  if (xmlns === "w:p") applicant.connection.send(result(iq));
  else if (stage === "companion_hello") takeHello(ctx, applicant, iq);
  else if (stage === "companion_finish") takeFinish(ctx, applicant, iq);
  else if (passkey) applicant.connection.send(repeatOptions(applicant, iq));
  else {
    ctx.journal.record("unknown question", iq);
    applicant.connection.send(refusal(iq, 501, "feature-not-implemented"));
  }
};

/** What a client says while it is not linked yet; what is not known here is journaled, and answered as WhatsApp would. */
export const hearApplicant = (ctx: Context, applicant: Applicant, stanza: BinaryNode): void => {
  const { awaits, connection } = applicant;
  const { id, from, type } = stanza.attrs;
  if (stanza.tag === "iq" && (type === "get" || type === "set")) answerQuestion(ctx, applicant, stanza);
  else if (stanza.tag === "iq" && awaits && getBinaryNodeChild(stanza, awaits.tag)) awaits.heard(stanza);
  else if (UNANSWERED.has(stanza.tag) || type === "result") return;
  else {
    ctx.journal.record("unknown stanza", stanza);
    if (id) connection.send(node("ack", { class: stanza.tag, id, to: from, type, t: seconds(ctx.clock.now()) }));
  }
};
