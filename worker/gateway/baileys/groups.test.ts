import "./quiet.ts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectSimulator } from "#simulator/client.ts";
import { type BaileysClient, link } from "#simulator/tests/baileys.ts";
import { newPhone } from "#tests/factories.ts";
import { simulatorUrl } from "#tests/simulator.ts";
import { until } from "#tests/stage.ts";
import { groupCache } from "./groups.ts";

const simulator = connectSimulator(await simulatorUrl());
const [owner, budi, cici] = [newPhone(), newPhone(), newPhone()];
let client: BaileysClient;
let group: string;
let asked = 0;

beforeAll(async () => {
  const groups = groupCache((jid) => {
    asked += 1;
    return client.sock.groupMetadata(jid);
  });
  client = await link(simulator, owner, { cachedGroupMetadata: groups.get });
  groups.follow(client.sock.ev);
  group = (await simulator.createGroup({ subject: "Pelanggan", owner, participants: [{ phone: budi }] })).id;
});
afterAll(() => client?.sock.end(undefined));
beforeEach(() => {
  asked = 0;
});

const send = (text: string) => client.sock.sendMessage(group, { text });
const shows = (phone: string, text: string) =>
  until(`${text} on the phone`, async () => {
    const chats = await simulator.phoneChats(phone);
    return chats.some((chat) => chat.with === group && chat.messages.some((message) => message.text === text));
  });

test("who is in a group is asked once for many messages, also for those at the same moment", async () => {
  await Promise.all([send("One"), send("Two")]);
  await send("Three");
  await shows(budi, "Three");
  expect(asked).toBe(1);
});

test.each([
  ["somebody comes in", () => simulator.changeParticipants(group, "add", [cici])],
  ["it gets another name", () => simulator.setGroup(group, { subject: "Langganan" })],
] as const)("when %s it is asked anew, and everybody in it gets the next message", async (what, change) => {
  await send(`Before ${what}`);
  const before = asked;
  const told = new Promise<void>((resolve) => {
    client.sock.ev.on("groups.update", () => resolve());
    client.sock.ev.on("group-participants.update", () => resolve());
  });
  await change();
  await told;
  await send(`After ${what}`);
  await shows(cici, `After ${what}`);
  expect(asked).toBe(before + 1);
});

test("a change while the answer is on its way, and a question without an answer, are not kept", async () => {
  let answers = 0;
  const groups = groupCache(async (jid) => {
    answers += 1;
    if (answers === 2) throw new Error("forbidden");
    return client.sock.groupMetadata(jid);
  });
  groups.follow(client.sock.ev);
  const first = groups.get(group);
  client.sock.ev.emit("groups.update", [{ id: group }]);
  expect((await first)?.id).toBe(group);
  expect(await groups.get(group)).toBeUndefined();
  expect((await groups.get(group))?.id).toBe(group);
  expect(answers).toBe(3);
});
