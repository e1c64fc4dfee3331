import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, link, until } from "./baileys.ts";
import { downloaded, trusting } from "./media-client.ts";

const ACCOUNT = "+6281960000001";
const [ADMIN, MEMBER] = ["+5591900000001", "+5591900000002"];

let simulator: SpawnedSimulator;
let client: BaileysClient;
let group: string;
beforeAll(async () => {
  simulator = await spawnSimulator();
  client = await link(simulator.client, ACCOUNT, await trusting(simulator.client));
  const participants = [{ phone: ACCOUNT }, { phone: MEMBER }];
  group = (await simulator.client.createGroup({ subject: "RT 05", owner: ADMIN, participants })).id;
});
afterAll(() => simulator.stop());

const shownOn = (phone: string, id: string) =>
  until(`${id} on the phone of ${phone}`, async () =>
    (await simulator.client.phoneChats(phone))
      .find((chat) => chat.with === group)
      ?.messages.find((each) => each.id === id),
  );

it("a picture from a client reaches every member's phone, until it is deleted", async () => {
  const image = randomBytes(4000);
  const id = (await client.sock.sendMessage(group, { image, caption: "undangan" }))?.key.id ?? "";
  for (const phone of [ADMIN, MEMBER]) {
    const shown = await shownOn(phone, id);
    expect(shown).toMatchObject({ text: "undangan", author: ACCOUNT, fromMe: false, media: { kind: "image" } });
    expect(await simulator.client.media(phone, shown.media?.sha256 ?? "")).toEqual(image);
  }
  const key = { remoteJid: group, fromMe: true, id };
  await client.sock.sendMessage(group, { delete: key });
  await until("the deletion", async () => (await shownOn(MEMBER, id)).revoked);
  expect(await shownOn(MEMBER, id)).toMatchObject({ text: "", media: null });
});

it("a member's picture and reply reach the client", async () => {
  const data = randomBytes(3000);
  const media = { kind: "image", mimeType: "image/png", data } as const;
  const first = await simulator.client.write(ADMIN, group, "siapa datang?");
  const { id } = await simulator.client.send(MEMBER, group, { text: "saya", media, quoted: first.id });
  const { message } = await until("the picture", () =>
    client.seen.messages.find(({ message: each }) => each.key.id === id && each.message?.imageMessage),
  );
  expect(message.message?.imageMessage?.contextInfo?.stanzaId).toBe(first.id);
  expect(await downloaded(simulator.client, message)).toEqual(data);
});
