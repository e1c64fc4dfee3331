import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GroupBody, type GroupView, type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, leave, link, textsOf, until } from "./baileys.ts";

const ANI = "+6281700000001";
const BUDI = "+6281700000002";
const CICI = "+6281700000003";
const HIDDEN = "+6281700000004";
const NEW = "+6281700000005";
const ABSENT = "+6281700000006";
const jidOf = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;

let simulator: SpawnedSimulator;
let ani: BaileysClient;
let budi: BaileysClient;
let group: GroupView;
/** What each client heard about groups. */
const heard = new Map<BaileysClient, string[]>();

const lidOf = async (phone: string) => (await simulator.client.phone(phone)).lid;
const listen = (client: BaileysClient): BaileysClient => {
  const said: string[] = [];
  heard.set(client, said);
  client.sock.ev.on("group-participants.update", ({ action, participants, author }) => {
    said.push(`${action} ${participants.map((each) => each.phoneNumber ?? each.id).join(" ")} by ${author}`);
  });
  client.sock.ev.on("groups.upsert", ([created]) => said.push(`create ${created?.subject}`));
  client.sock.ev.on("groups.update", ([update]) => {
    if (update?.subject && update.author) said.push(`subject ${update.subject}`);
    if (update && "desc" in update && update.author) said.push(`description ${update.desc}`);
    if (update?.inviteCode) said.push(`invite ${update.inviteCode}`);
  });
  return client;
};
const hears = (client: BaileysClient, what: string) => until(what, () => heard.get(client)?.includes(what));
const view = () => simulator.client.group(group.id);
const phonesIn = async () => (await view()).participants.map(({ phone }) => phone);

beforeAll(async () => {
  simulator = await spawnSimulator();
  ani = listen(await link(simulator.client, ANI));
  budi = listen(await link(simulator.client, BUDI));
  await simulator.client.setPhone(ABSENT, { onWhatsApp: false });
  group = await simulator.client.createGroup({
    subject: "Pelanggan",
    owner: ANI,
    participants: [{ phone: BUDI }, { phone: CICI, admin: true, username: "cici" }, { phone: HIDDEN, hidden: true }],
    description: "Kabar mingguan",
  });
});
afterAll(() => simulator.stop());

describe("a group", () => {
  it("is listed and described to who is in it, without the numbers that are hidden", async () => {
    expect(group.id).toMatch(/^1203630\d{11}@g\.us$/);
    expect(group.inviteLink).toMatch(/^https:\/\/chat\.whatsapp\.com\/[A-Za-z0-9]{22}$/);
    await hears(budi, "create Pelanggan");
    const all = await ani.sock.groupFetchAllParticipating();
    expect(Object.keys(all)).toEqual([group.id]);
    const about = await budi.sock.groupMetadata(group.id);
    expect(about).toMatchObject({
      subject: "Pelanggan",
      desc: "Kabar mingguan",
      owner: await lidOf(ANI),
      ownerPn: jidOf(ANI),
      addressingMode: "lid",
      size: 4,
    });
    expect(about.participants.map(({ id, phoneNumber, admin }) => ({ id, phoneNumber, admin }))).toEqual([
      { id: await lidOf(ANI), phoneNumber: jidOf(ANI), admin: "superadmin" },
      { id: await lidOf(BUDI), phoneNumber: jidOf(BUDI), admin: null },
      { id: await lidOf(CICI), phoneNumber: jidOf(CICI), admin: "admin" },
      { id: await lidOf(HIDDEN), phoneNumber: undefined, admin: null },
    ]);
    expect(about.participants.map(({ username }) => username)).toEqual([undefined, undefined, "cici", undefined]);
    expect((await simulator.client.groups()).map(({ id }) => id)).toEqual([group.id]);
  });

  it("names numbers in the older kind, which hides nobody", async () => {
    const older = await simulator.client.createGroup({
      subject: "Lama",
      owner: ANI,
      participants: [{ phone: CICI }],
      addressing: "pn",
    });
    const about = await ani.sock.groupMetadata(older.id);
    expect(about).toMatchObject({ addressingMode: "pn", owner: jidOf(ANI) });
    expect(about.participants[1]).toMatchObject({ id: jidOf(CICI), lid: await lidOf(CICI) });
    const participants = [{ phone: CICI, hidden: true }];
    const hiding: GroupBody = { subject: "x", owner: ANI, participants, addressing: "pn" };
    await expect(simulator.client.createGroup(hiding)).rejects.toMatchObject({ status: 400 });
  });

  it("has at most 1024 people in it", async () => {
    const participants = Array.from({ length: 1024 }, (_, index) => ({ phone: `+55119${10_000_000 + index}` }));
    const many = { subject: "Ramai", owner: CICI, participants };
    await expect(simulator.client.createGroup(many)).rejects.toThrow("at most 1024");
    const full = await simulator.client.createGroup({ ...many, participants: participants.slice(1) });
    expect(full.participants).toHaveLength(1024);
    await expect(simulator.client.changeParticipants(full.id, "add", [ANI])).rejects.toMatchObject({ status: 409 });
    await expect(ani.sock.groupAcceptInvite(full.inviteCode)).rejects.toMatchObject({ data: 419 });
  });

  it("is not described to who is not in it, and cannot be asked for when it is not there", async () => {
    const other = await simulator.client.createGroup({ subject: "Orang lain", owner: CICI });
    await expect(ani.sock.groupMetadata(other.id)).rejects.toMatchObject({ data: 403 });
    await expect(ani.sock.groupMetadata("120363000000000001@g.us")).rejects.toMatchObject({ data: 404 });
    await expect(simulator.client.group("120363000000000001@g.us")).rejects.toMatchObject({ status: 404 });
  });

  it("gives its invite code to admins alone, and lets in who has it", async () => {
    expect(await ani.sock.groupInviteCode(group.id)).toBe(group.inviteCode);
    await expect(budi.sock.groupInviteCode(group.id)).rejects.toMatchObject({ data: 403 });
    const open = await simulator.client.createGroup({ subject: "Terbuka", owner: CICI });
    expect((await ani.sock.groupGetInviteInfo(open.inviteCode)).subject).toBe("Terbuka");
    await expect(ani.sock.groupGetInviteInfo("tidakada")).rejects.toMatchObject({ data: 406 });
    expect(await ani.sock.groupAcceptInvite(open.inviteCode)).toBe(open.id);
    await hears(ani, `add ${jidOf(ANI)} by ${await lidOf(ANI)}`);
    expect((await ani.sock.groupMetadata(open.id)).participants).toHaveLength(2);
    await expect(ani.sock.groupAcceptInvite(open.inviteCode)).rejects.toMatchObject({ data: 409 });
    const renewed = await ani.sock.groupRevokeInvite(group.id);
    expect(renewed).not.toBe(group.inviteCode);
    await hears(budi, `invite ${renewed}`);
    await expect(budi.sock.groupGetInviteInfo(group.inviteCode)).rejects.toMatchObject({ data: 406 });
  });

  it("can be made by a client, without numbers that have no WhatsApp", async () => {
    const made = await budi.sock.groupCreate("Dari Budi", [jidOf(ANI), jidOf(ABSENT)]);
    expect(made.participants.map(({ id }) => id)).toEqual([await lidOf(BUDI), await lidOf(ANI)]);
    await hears(ani, "create Dari Budi");
    expect(await simulator.client.group(made.id)).toMatchObject({ owner: BUDI, subject: "Dari Budi" });
    await budi.sock.groupLeave(made.id);
    const left = await simulator.client.group(made.id);
    expect(left.participants).toMatchObject([{ phone: ANI, admin: "admin" }]);
  });
});

describe("who is in a group", () => {
  it("is changed by admins alone, number by number", async () => {
    await expect(budi.sock.groupParticipantsUpdate(group.id, [jidOf(NEW)], "add")).rejects.toMatchObject({ data: 403 });
    const outcome = await ani.sock.groupParticipantsUpdate(group.id, [jidOf(NEW), jidOf(CICI), jidOf(ABSENT)], "add");
    expect(outcome.map(({ status }) => status)).toEqual(["200", "409", "404"]);
    await hears(budi, `add ${jidOf(NEW)} by ${await lidOf(ANI)}`);
    await ani.sock.groupParticipantsUpdate(group.id, [jidOf(BUDI)], "promote");
    await hears(budi, `promote ${jidOf(BUDI)} by ${await lidOf(ANI)}`);
    await budi.sock.groupParticipantsUpdate(group.id, [jidOf(NEW)], "remove");
    await hears(ani, `remove ${jidOf(NEW)} by ${await lidOf(BUDI)}`);
    expect((await budi.sock.groupParticipantsUpdate(group.id, [jidOf(ANI)], "remove"))[0]?.status).toBe("405");
    await ani.sock.groupParticipantsUpdate(group.id, [jidOf(BUDI)], "demote");
    await hears(budi, `demote ${jidOf(BUDI)} by ${await lidOf(ANI)}`);
    expect(await phonesIn()).toEqual([ANI, BUDI, CICI, HIDDEN]);
  });

  it("is changed from outside in the owner's name, all numbers or none", async () => {
    await simulator.client.changeParticipants(group.id, "add", [NEW]);
    await expect(simulator.client.changeParticipants(group.id, "add", [ABSENT, NEW])).rejects.toMatchObject({
      status: 409,
    });
    await expect(simulator.client.changeParticipants(group.id, "remove", [ABSENT])).rejects.toThrow(
      "is not in this group",
    );
    await expect(simulator.client.changeParticipants(group.id, "add", [ABSENT])).rejects.toThrow("is not on WhatsApp");
    await expect(simulator.client.changeParticipants(group.id, "demote", [ANI])).rejects.toMatchObject({ status: 409 });
    await simulator.client.changeParticipants(group.id, "remove", [NEW]);
    expect(await phonesIn()).toEqual([ANI, BUDI, CICI, HIDDEN]);
  });

  it("gets nothing more after leaving, and the next message goes to the others alone", async () => {
    const before = (await ani.sock.sendMessage(group.id, { text: "sebelum" }))?.key.id ?? "";
    await until("Budi to have it", () => budi.seen.messages.some(({ message }) => message.key.id === before));
    await until("Cici to have it", async () =>
      (await simulator.client.phoneChats(CICI))[0]?.messages.some((each) => each.id === before),
    );
    await budi.sock.groupLeave(group.id);
    await simulator.client.changeParticipants(group.id, "leave", [CICI]);
    await hears(ani, `remove ${jidOf(BUDI)} by ${await lidOf(BUDI)}`);
    await hears(ani, `remove ${jidOf(CICI)} by ${await lidOf(CICI)}`);
    await hears(budi, `remove ${jidOf(BUDI)} by ${await lidOf(BUDI)}`);
    const id = (await ani.sock.sendMessage(group.id, { text: "sesudah" }))?.key.id ?? "";
    await simulator.client.write(HIDDEN, group.id, "juga sesudah");
    await until("the hidden one to read", async () =>
      (await simulator.client.phoneChats(HIDDEN))[0]?.messages.some((each) => each.id === id),
    );
    await until("Ani to have the answer", () => textsOf(ani).some(({ text }) => text === "juga sesudah"));
    const record = (await simulator.client.sent(ANI)).find((each) => each.phone === group.id);
    const receipts = record?.messages.find((each) => each.id === id)?.participants;
    expect(receipts?.map(({ phone }) => phone)).toEqual([HIDDEN]);
    await budi.sock.fetchPrivacySettings(true);
    expect(budi.seen.messages.some(({ message }) => message.key.id === id)).toBe(false);
    expect(textsOf(budi)).toEqual([]);
    for (const phone of [BUDI, CICI]) {
      const texts = (await simulator.client.phoneChats(phone))[0]?.messages.map(({ text }) => text);
      expect(texts).toEqual(["sebelum"]);
    }
    await expect(budi.sock.sendMessage(group.id, { text: "boleh?" })).rejects.toMatchObject({ data: 403 });
    await expect(simulator.client.write(CICI, group.id, "boleh?")).rejects.toMatchObject({ status: 403 });
  });
});

describe("the name and the description of a group", () => {
  it("change for everybody, whoever changes them", async () => {
    await simulator.client.changeParticipants(group.id, "add", [BUDI]);
    await budi.sock.groupUpdateSubject(group.id, "Pelanggan setia");
    await hears(ani, "subject Pelanggan setia");
    await ani.sock.groupUpdateDescription(group.id, "Kabar harian");
    await hears(budi, "description Kabar harian");
    expect(await view()).toMatchObject({ subject: "Pelanggan setia", description: "Kabar harian" });
    await simulator.client.setGroup(group.id, { subject: "Pelanggan lama", description: null });
    await hears(budi, "subject Pelanggan lama");
    expect((await budi.sock.groupMetadata(group.id)).desc).toBeUndefined();
    await expect(simulator.client.setGroup(group.id, { subject: "x".repeat(101) })).rejects.toMatchObject({
      status: 400,
    });
  });
});

describe("what groups here do not have", () => {
  it("is refused by name and written down", async () => {
    await expect(ani.sock.groupSettingUpdate(group.id, "announcement")).rejects.toThrow("feature-not-implemented");
    const journal = await simulator.client.journal();
    expect(journal.some(({ what, text }) => what === "unknown question" && text.includes("<announcement"))).toBe(true);
  });
});

describe("a seed with groups", () => {
  it("makes each of them once", async () => {
    const groups = [{ subject: "Dari benih", owner: CICI, participants: [{ phone: ANI }] }];
    const before = (await simulator.client.groups()).length;
    await simulator.client.seed({ groups });
    await simulator.client.seed({ groups });
    expect(await simulator.client.groups()).toHaveLength(before + 1);
    await hears(ani, "create Dari benih");
    await leave(simulator.client, BUDI, budi);
  });
});
