import { type BinaryNode, getBinaryNodeChildren } from "@whiskeysockets/baileys";
import type { Client, Context } from "../service/context.ts";
import { isGroup, readJid } from "../wire/jids.ts";
import { bytesOf, childBytes, children, node, refusal, result } from "../wire/nodes.ts";
import { changeParticipants, createGroup, renewInvite, setDescription, setSubject } from "./changes.ts";
import { groupNode } from "./notices.ts";
import { isAdmin, MAX_DESCRIPTION, MAX_PARTICIPANTS, MAX_SUBJECT } from "./rules.ts";
import type { Group, Participant } from "./schema.ts";

/** A question about groups, by whom. */
interface Question {
  ctx: Context;
  me: string;
  iq: BinaryNode;
}
/** A question about a group one is in. */
interface InGroup extends Question {
  group: Group;
  member: Participant;
  part: BinaryNode;
}

const forbidden = (iq: BinaryNode) => refusal(iq, 403, "forbidden");
const missing = (iq: BinaryNode) => refusal(iq, 404, "item-not-found");
const unacceptable = (iq: BinaryNode) => refusal(iq, 406, "not-acceptable");

const byInvite = (ctx: Context, code: string | undefined): Group | undefined =>
  [...ctx.store.groups.values()].find(({ inviteCode }) => inviteCode === code);

const participating = ({ ctx, me, iq }: Question): BinaryNode => {
  const own = [...ctx.store.groups.values()].filter(({ participants }) => participants.has(me));
  return result(iq, [
    node(
      "groups",
      {},
      own.map((group) => groupNode(group, me)),
    ),
  ]);
};

const phonesIn = (part: BinaryNode): string[] =>
  getBinaryNodeChildren(part, "participant").flatMap(({ attrs }) => readJid(attrs.jid)?.phone ?? []);

const onWhatsApp = (ctx: Context, phone: string): boolean => ctx.store.knownPhone(phone)?.onWhatsApp ?? true;

const create = ({ ctx, me, iq }: Question, part: BinaryNode): BinaryNode => {
  const subject = part.attrs.subject ?? "";
  const phones = phonesIn(part).filter((phone) => onWhatsApp(ctx, phone));
  if (!subject || subject.length > MAX_SUBJECT || phones.length >= MAX_PARTICIPANTS) return unacceptable(iq);
  const participants = phones.map((phone) => ({ phone }));
  const group = createGroup(ctx, { subject, owner: me, participants, addressing: "lid" });
  return result(iq, [groupNode(group, me)]);
};

const leave = ({ ctx, me, iq }: Question, part: BinaryNode): BinaryNode => {
  const left = getBinaryNodeChildren(part, "group").map(({ attrs }) => {
    const group = ctx.store.groups.get(attrs.id ?? "");
    const member = group?.participants.get(me);
    if (group && member) changeParticipants(ctx, group, "leave", [me], member);
    return node("group", { id: attrs.id, error: group ? (member ? undefined : "403") : "404" });
  });
  return result(iq, [node("leave", {}, left)]);
};

const join = ({ ctx, me, iq }: Question, code: string | undefined): BinaryNode => {
  const group = byInvite(ctx, code);
  if (!group) return unacceptable(iq);
  if (group.participants.has(me)) return refusal(iq, 409, "conflict");
  if (group.participants.size >= MAX_PARTICIPANTS) return refusal(iq, 419, "resource-limit");
  changeParticipants(ctx, group, "add", [me], undefined);
  return result(iq, [node("group", { jid: group.id })]);
};

const change = ({ ctx, me, iq, group, member, part }: InGroup): BinaryNode => {
  if (!isAdmin(group, me)) return forbidden(iq);
  // The tag is one of those this is the answer to.
  const action = part.tag as "add" | "remove" | "promote" | "demote";
  const phones = phonesIn(part);
  const absent = action === "add" ? phones.filter((phone) => !onWhatsApp(ctx, phone)) : [];
  const possible = phones.filter((phone) => !absent.includes(phone));
  if (action === "add" && group.participants.size + possible.length > MAX_PARTICIPANTS) {
    return refusal(iq, 419, "resource-limit");
  }
  const outcome = [
    ...changeParticipants(ctx, group, action, possible, member),
    ...absent.map((phone) => ({ phone, error: 404 })),
  ];
  const parts = getBinaryNodeChildren(part, "participant").map(({ attrs }) => {
    const phone = readJid(attrs.jid)?.phone;
    const error = phone === undefined ? 400 : outcome.find((each) => each.phone === phone)?.error;
    return node("participant", { jid: attrs.jid, error: error === undefined ? undefined : String(error) });
  });
  return result(iq, [node(action, {}, parts)]);
};

const subject = ({ ctx, iq, group, member, part }: InGroup): BinaryNode => {
  const text = bytesOf(part)?.toString() ?? "";
  if (!text || text.length > MAX_SUBJECT) return unacceptable(iq);
  setSubject(ctx, group, text, member);
  return result(iq);
};

const description = ({ ctx, iq, group, member, part }: InGroup): BinaryNode => {
  const { id, prev } = part.attrs;
  // Who did not see the description that is there now must not overwrite it.
  if (prev !== group.descriptionSet?.id) return refusal(iq, 409, "conflict");
  const text = childBytes(part, "body")?.toString();
  if (text !== undefined && text.length > MAX_DESCRIPTION) return unacceptable(iq);
  setDescription(ctx, group, text ?? null, member, id);
  return result(iq);
};

const invite = ({ ctx, me, iq, group, member }: InGroup): BinaryNode => {
  if (!isAdmin(group, me)) return forbidden(iq);
  if (iq.attrs.type === "set") renewInvite(ctx, group, member);
  return result(iq, [node("invite", { code: group.inviteCode })]);
};

type Answer = (question: InGroup) => BinaryNode;
const ANSWERS: Record<string, Answer | undefined> = {
  "get query": ({ iq, group, me }) => result(iq, [groupNode(group, me)]),
  "get invite": invite,
  "set invite": invite,
  "set add": change,
  "set remove": change,
  "set promote": change,
  "set demote": change,
  "set subject": subject,
  "set description": description,
};

const aboutAll = (question: Question, part: BinaryNode): BinaryNode | undefined => {
  const { ctx, me, iq } = question;
  const asked = `${iq.attrs.type} ${part.tag}`;
  if (asked === "get participating") return participating(question);
  if (asked === "set create") return create(question, part);
  if (asked === "set leave") return leave(question, part);
  if (asked === "set invite") return join(question, part.attrs.code);
  if (asked !== "get invite") return undefined;
  const group = byInvite(ctx, part.attrs.code);
  return group ? result(iq, [groupNode(group, me)]) : unacceptable(iq);
};

const aboutOne = (question: Question, part: BinaryNode, id: string): BinaryNode | undefined => {
  const { ctx, me, iq } = question;
  const answer = ANSWERS[`${iq.attrs.type} ${part.tag}`];
  if (!answer) return undefined;
  const group = ctx.store.groups.get(id);
  if (!group) return missing(iq);
  const member = group.participants.get(me);
  return member ? answer({ ...question, group, member, part }) : forbidden(iq);
};

/** Answers a client's questions and wishes about groups (`w:g2`); what is not here is refused by name. */
export const answerGroups = (ctx: Context, client: Client, iq: BinaryNode): BinaryNode => {
  const [part] = children(iq);
  const question = { ctx, me: client.account.phone, iq };
  const to = iq.attrs.to ?? "";
  const answer = part && (isGroup(to) ? aboutOne(question, part, to) : aboutAll(question, part));
  return answer ?? refusal(iq, 501, "feature-not-implemented");
};
