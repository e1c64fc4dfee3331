import { Hono, type Context as Http } from "hono";
import { type GroupView, groupBodies } from "../contract/groups.ts";
import { changeParticipants, createGroup, setDescription, setSubject } from "../groups/changes.ts";
import { type Action, MAX_PARTICIPANTS, obstacle } from "../groups/rules.ts";
import type { Group, Participant } from "../groups/schema.ts";
import type { Context } from "../service/context.ts";
import type { Service } from "../service/service.ts";
import { lidJid } from "../wire/jids.ts";
import { bodyOf, refuse } from "./http.ts";

const groupView = (group: Group): GroupView => ({
  id: group.id,
  subject: group.subject,
  description: group.description,
  owner: group.owner,
  addressing: group.addressing,
  inviteCode: group.inviteCode,
  inviteLink: `https://chat.whatsapp.com/${group.inviteCode}`,
  participants: [...group.participants.values()].map(({ phone, admin, hidden }) => ({
    phone,
    lid: lidJid(phone),
    admin,
    hidden,
  })),
});

const groupOf = (ctx: Context, http: Http): Group => {
  const id = http.req.param("id") ?? "";
  return ctx.store.groups.get(id) ?? refuse(404, `There is no group ${id}: make it with POST /groups.`);
};

/** Who does what is done from outside: the owner, or another admin when the owner has left. */
const actorIn = (group: Group): Participant => {
  const members = [...group.participants.values()];
  const actor = group.participants.get(group.owner) ?? members.find(({ admin }) => admin);
  return actor ?? refuse(409, "Nobody is left in this group: make another one.");
};

const WHY: Record<404 | 405 | 409, string> = {
  404: "is not in this group",
  405: "made this group: it can only leave",
  409: "is in this group already",
};

const assertOnWhatsApp = (ctx: Context, phones: string[]): void => {
  const absent = phones.find((phone) => ctx.store.knownPhone(phone)?.onWhatsApp === false);
  if (absent) refuse(409, `${absent} is not on WhatsApp.`);
};

const assertPossible = (group: Group, action: Action, phones: string[]): void => {
  for (const phone of phones) {
    const code = obstacle(group, action, phone);
    if (code) refuse(code === 404 ? 404 : 409, `${phone} ${WHY[code]}.`);
  }
  if (action === "add" && group.participants.size + new Set(phones).size > MAX_PARTICIPANTS) {
    refuse(409, `A group has at most ${MAX_PARTICIPANTS} participants.`);
  }
};

/** Groups: who is in them and what they are called; what is done here is done by their owner. */
export const groupRoutes = ({ ctx }: Service): Hono => {
  const app = new Hono();
  app.get("/", (http) => http.json([...ctx.store.groups.values()].map(groupView)));
  app.post("/", async (http) => {
    const wanted = await bodyOf(http, groupBodies.group);
    assertOnWhatsApp(ctx, [wanted.owner, ...wanted.participants.map(({ phone }) => phone)]);
    return http.json(groupView(createGroup(ctx, wanted)));
  });
  app.get("/:id", (http) => http.json(groupView(groupOf(ctx, http))));
  app.put("/:id", async (http) => {
    const group = groupOf(ctx, http);
    const { subject, description } = await bodyOf(http, groupBodies.settings);
    const actor = actorIn(group);
    if (subject !== undefined) setSubject(ctx, group, subject, actor);
    if (description !== undefined) setDescription(ctx, group, description, actor);
    return http.json(groupView(group));
  });
  app.post("/:id/participants", async (http) => {
    const group = groupOf(ctx, http);
    const { action, phones } = await bodyOf(http, groupBodies.participants);
    assertPossible(group, action, phones);
    if (action === "add") assertOnWhatsApp(ctx, phones);
    changeParticipants(ctx, group, action, phones, action === "leave" ? undefined : actorIn(group));
    return http.json(groupView(group));
  });
  return app;
};
