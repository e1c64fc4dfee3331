import type { BinaryNode } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { node, seconds } from "../wire/nodes.ts";
import { authorAttributes, memberAttributes, newMember } from "./rules.ts";
import type { Group, Participant } from "./schema.ts";

/** Tells the linked devices of these numbers what somebody did to a group; each sees only what it may see. */
export const tell = (
  ctx: Context,
  group: Group,
  numbers: Iterable<string>,
  actor: Participant,
  what: (viewer: string) => BinaryNode,
): void => {
  const id = ctx.random.uuid("group notice", group.id);
  for (const number of new Set(numbers)) {
    const account = ctx.store.accounts.get(number);
    for (const device of account?.devices.values() ?? []) {
      if (!account) continue;
      const attrs = {
        from: group.id,
        type: "w:gp2",
        id,
        t: seconds(ctx.clock.now()),
        notify: ctx.store.phone(actor.phone).name ?? undefined,
        ...authorAttributes(group, actor, number),
      };
      const stanza = node("notification", attrs, [what(number)]);
      ctx.delivery.push(account, device, `notification:${id}`, stanza, { kind: "notification" });
    }
  }
};

/** A whole group, as one viewer may see it. */
export const groupNode = (group: Group, viewer: string): BinaryNode => {
  const named = (phone: string, jid: string, pn: string) => {
    const member = group.participants.get(phone) ?? newMember(phone);
    const author = authorAttributes(group, member, viewer);
    return { [jid]: author.participant, [pn]: author.participant_pn };
  };
  const { description, descriptionSet } = group;
  return node(
    "group",
    {
      id: group.id.slice(0, group.id.indexOf("@")),
      subject: group.subject,
      creation: seconds(group.createdAt),
      s_t: seconds(group.subjectSet.at),
      ...named(group.subjectSet.by, "s_o", "s_o_pn"),
      ...named(group.owner, "creator", "creator_pn"),
      addressing_mode: group.addressing,
      size: String(group.participants.size),
    },
    [
      ...(description !== null && descriptionSet
        ? [
            node(
              "description",
              {
                id: descriptionSet.id,
                t: seconds(descriptionSet.at),
                ...named(descriptionSet.by, "participant", "participant_pn"),
              },
              [node("body", {}, Buffer.from(description))],
            ),
          ]
        : []),
      ...[...group.participants.values()].map((each) => node("participant", memberAttributes(group, each, viewer))),
    ],
  );
};
