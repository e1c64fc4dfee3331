import { z } from "zod";
import { anything, ask, part, type SimulatorEnv } from "./ask.ts";
import type { GroupInput } from "./schema.ts";

const group = z.object({
  id: z.string(),
  subject: z.string(),
  owner: z.string(),
  inviteLink: z.string(),
  participants: z.array(
    z.object({
      phone: z.string(),
      admin: z.enum(["admin", "superadmin"]).nullable(),
      hidden: z.boolean(),
    }),
  ),
});

export const listGroups = (env: SimulatorEnv) => ask(env, z.array(group), "GET", "/groups");

/** Makes a group; whoever makes it is in it, and a number that is typed twice is in it once. */
export function makeGroup(env: SimulatorEnv, { owner, subject, members, hiddenMembers }: GroupInput) {
  const hidden = new Set(hiddenMembers.filter((phone) => phone !== owner));
  const visible = new Set(members.filter((phone) => phone !== owner && !hidden.has(phone)));
  const participants = [
    ...[...visible].map((phone) => ({ phone })),
    ...[...hidden].map((phone) => ({ phone, hidden: true })),
  ];
  return ask(env, group, "POST", "/groups", { subject, owner, participants });
}

export const changeMembers = (
  env: SimulatorEnv,
  input: { groupId: string; action: "add" | "remove" | "leave" | "promote" | "demote"; phones: readonly string[] },
) =>
  ask(env, anything, "POST", `/groups/${part(input.groupId)}/participants`, {
    action: input.action,
    phones: input.phones,
  });
