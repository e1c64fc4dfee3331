import type { Context } from "../service/context.ts";
import { node, seconds } from "../wire/nodes.ts";
import { Entries } from "../world/entries.ts";
import { groupNode, tell } from "./notices.ts";
import { type Action, memberAttributes, memberJid, newMember, obstacle } from "./rules.ts";
import type { Group, Participant } from "./schema.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const CODE_LENGTH = 22;

const digits = (ctx: Context, count: number): string =>
  [...ctx.random.bytes(count, "group id")].map((byte) => byte % 10).join("");

const inviteCode = (ctx: Context): string =>
  [...ctx.random.bytes(CODE_LENGTH, "invite code")].map((byte) => LETTERS[byte % LETTERS.length]).join("");

/** What a group begins with. */
export interface NewGroup {
  subject: string;
  owner: string;
  participants: {
    phone: string;
    admin?: boolean | undefined;
    hidden?: boolean | undefined;
    username?: string | undefined;
  }[];
  addressing: "pn" | "lid";
  description?: string | undefined;
}

/** Makes a group; its owner is in it, as superadmin. Everybody's linked devices hear of it. */
export const createGroup = (ctx: Context, wanted: NewGroup): Group => {
  const at = ctx.clock.now();
  const participants = new Entries<Participant>([[wanted.owner, { ...newMember(wanted.owner), admin: "superadmin" }]]);
  for (const { phone, admin, hidden = false, username = null } of wanted.participants) {
    const role = phone === wanted.owner ? "superadmin" : admin ? "admin" : null;
    participants.set(phone, { phone, admin: role, hidden, username });
  }
  const owner = participants.get(wanted.owner);
  const group: Group = {
    id: `1203630${digits(ctx, 11)}@g.us`,
    subject: wanted.subject,
    subjectSet: { by: wanted.owner, at },
    description: wanted.description ?? null,
    descriptionSet: wanted.description ? { by: wanted.owner, at, id: ctx.random.messageId("description") } : null,
    owner: wanted.owner,
    createdAt: at,
    addressing: wanted.addressing,
    inviteCode: inviteCode(ctx),
    participants,
  };
  ctx.store.groups.set(group.id, group);
  for (const phone of participants.keys()) ctx.store.phone(phone);
  if (owner) {
    tell(ctx, group, participants.keys(), owner, (viewer) =>
      node("create", { type: "new" }, [groupNode(group, viewer)]),
    );
  }
  ctx.store.saveNow();
  return group;
};

/** Whoever writes next writes with a key that those who left never had. */
const forgetSenderKeys = (ctx: Context, group: Group): void => {
  for (const phone of ctx.store.phones.values()) phone.ownSenderKeys.delete(group.id);
};

/** A group is never without an admin: the one who is in it longest becomes one. */
const keepAnAdmin = (group: Group): void => {
  const members = [...group.participants.values()];
  const [first] = members;
  if (first && !members.some(({ admin }) => admin)) first.admin = "admin";
};

const apply = (ctx: Context, group: Group, action: Action, phone: string): Participant => {
  const member = group.participants.get(phone) ?? newMember(phone);
  if (action === "add") {
    ctx.store.phone(phone);
    group.participants.set(phone, member);
  } else if (action === "promote") member.admin = "admin";
  else if (action === "demote") member.admin = null;
  else group.participants.delete(phone);
  return member;
};

/**
 * Adds, removes, promotes or demotes participants, or lets them leave, and tells everybody concerned. What cannot be done
 * to a number is left undone. `actor` is who did it; those who leave do it themselves.
 */
export const changeParticipants = (
  ctx: Context,
  group: Group,
  action: Action,
  phones: string[],
  actor: Participant | undefined,
): { phone: string; error?: number | undefined }[] => {
  const before = [...group.participants.keys()];
  const outcome = [...new Set(phones)].map((phone) => ({ phone, error: obstacle(group, action, phone) }));
  const changed = outcome.filter(({ error }) => !error).map(({ phone }) => apply(ctx, group, action, phone));
  if (action === "remove" || action === "leave") {
    forgetSenderKeys(ctx, group);
    keepAnAdmin(group);
  }
  const told = [...before, ...group.participants.keys()];
  // Leaving is removing oneself, on this wire.
  const tag = action === "leave" ? "remove" : action;
  const parts = action === "leave" ? changed.map((each) => [each]) : changed.length ? [changed] : [];
  for (const part of parts) {
    const who = action === "leave" ? part[0] : (actor ?? part[0]);
    if (!who) continue;
    tell(ctx, group, told, who, (viewer) =>
      node(
        tag,
        {},
        part.map((each) => node("participant", memberAttributes(group, each, viewer))),
      ),
    );
  }
  ctx.store.saveNow();
  return outcome;
};

/** Gives the group another name. */
export const setSubject = (ctx: Context, group: Group, subject: string, actor: Participant): void => {
  group.subject = subject;
  group.subjectSet = { by: actor.phone, at: ctx.clock.now() };
  const attrs = { subject, s_t: seconds(group.subjectSet.at), s_o: memberJid(group, actor.phone) };
  tell(ctx, group, group.participants.keys(), actor, () => node("subject", attrs));
  ctx.store.saveNow();
};

/** Sets the description, or takes it away; `id` is the change's own id when a client made one up. */
export const setDescription = (
  ctx: Context,
  group: Group,
  description: string | null,
  actor: Participant,
  id = ctx.random.messageId("description"),
): void => {
  group.description = description;
  group.descriptionSet = description === null ? null : { by: actor.phone, at: ctx.clock.now(), id };
  tell(ctx, group, group.participants.keys(), actor, () =>
    description === null
      ? node("description", { id, delete: "true" })
      : node("description", { id }, [node("body", {}, Buffer.from(description))]),
  );
  ctx.store.saveNow();
};

/** A new invite code; the old one is worth nothing from now on. */
export const renewInvite = (ctx: Context, group: Group, actor: Participant): void => {
  group.inviteCode = inviteCode(ctx);
  tell(ctx, group, group.participants.keys(), actor, () => node("invite", { code: group.inviteCode }));
  ctx.store.saveNow();
};
