import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, connect, link, ready, until } from "./baileys.ts";

const ACCOUNT = "+6281500000001";
const CONTACT = "+5531900000001";
const JID = "5531900000001@s.whatsapp.net";

let simulator: SpawnedSimulator;
let client: BaileysClient;

beforeAll(async () => {
  simulator = await spawnSimulator();
  client = await link(simulator.client, ACCOUNT);
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.client.clearFaults(ACCOUNT);
  await simulator.client.setDelays(ACCOUNT, { ackMs: 0, deliveredMs: 10, readMs: null });
});

const reconnect = async () => {
  client = await ready(connect(simulator.client, client.auth));
};
const send = async (messageId?: string) => {
  const sent = await client.sock.sendMessage(JID, { text: "uji" }, messageId ? { messageId } : {});
  return sent?.key.id ?? "";
};
const record = async (id: string) =>
  (await simulator.client.sent(ACCOUNT))
    .find(({ phone }) => phone === CONTACT)
    ?.messages.find((each) => each.id === id);
const shown = async (id: string) =>
  (await simulator.client.phoneChats(CONTACT))[0]?.messages.filter((each) => each.id === id) ?? [];
const ackOf = (id: string) => until("the ack", () => client.seen.acks.find((ack) => ack.id === id));
const acked = (id: string) => client.seen.acks.some((ack) => ack.id === id);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("faults", () => {
  it("loses as many acks as told, although the recipient got the message; the same id again is acked", async () => {
    await simulator.client.setFaults(ACCOUNT, { loseAcks: { count: 1 } });
    const id = await send();
    await until("the delivery", async () => (await record(id))?.deliveredAt);
    expect(acked(id)).toBe(false);
    expect(await record(id)).toMatchObject({ acked: false, copies: 1 });
    await send(id);
    await ackOf(id);
    await until("the second copy", async () => (await shown(id))[0]?.copies === 2);
    expect(await shown(id)).toHaveLength(1);
  });

  it("loses acks by a seeded chance, the same ones every time", async () => {
    const round = async () => {
      await simulator.client.setFaults(ACCOUNT, { loseAcks: { probability: 0.5, seed: 7 } });
      const ids: string[] = [];
      for (let n = 0; n < 12; n++) ids.push(await send());
      await until("the last one", async () => (await record(ids[11] ?? ""))?.deliveredAt);
      return ids.map(acked);
    };
    const first = await round();
    expect(first).toContain(true);
    expect(first).toContain(false);
    expect(await round()).toEqual(first);
  });

  it("delays acks, and never acks when told so", async () => {
    await simulator.client.setDelays(ACCOUNT, { ackMs: 200 });
    const began = Date.now();
    const slow = await send();
    await ackOf(slow);
    expect(Date.now() - began).toBeGreaterThanOrEqual(200);
    await simulator.client.setDelays(ACCOUNT, { ackMs: null });
    const lost = await send();
    await until("the delivery", async () => (await record(lost))?.deliveredAt);
    expect(acked(lost)).toBe(false);
  });

  it("refuses with a code, and the recipient sees nothing", async () => {
    expect(await simulator.client.setFaults(ACCOUNT, { nack: { code: 463, count: 1 } })).toEqual({
      nack: { code: 463, count: 1 },
    });
    const id = await send();
    expect((await ackOf(id)).error).toBe("463");
    await until("the error status", () => client.seen.statuses.get(id)?.includes(0));
    expect(await shown(id)).toEqual([]);
    expect((await simulator.client.account(ACCOUNT)).faults).toEqual({});
  });

  it("cuts the connection before it takes a message", async () => {
    await simulator.client.setFaults(ACCOUNT, { dropBefore: 1 });
    const id = await send();
    expect(await until("the cut", () => client.seen.closed)).toBe(428);
    expect(await record(id)).toBeUndefined();
    await reconnect();
    await send(id);
    await until("the delivery", async () => (await shown(id)).length === 1);
    expect(await record(id)).toMatchObject({ copies: 1 });
  });

  it("cuts the connection after it took a message; sent again it is one message", async () => {
    await simulator.client.setFaults(ACCOUNT, { dropAfter: 1 });
    const id = await send();
    expect(await until("the cut", () => client.seen.closed)).toBe(428);
    await reconnect();
    await send(id);
    await ackOf(id);
    await until("both copies", async () => (await shown(id))[0]?.copies === 2);
  });

  it("loses receipts for good, and a phone that never receives sends none", async () => {
    await simulator.client.setFaults(ACCOUNT, { loseReceipts: { probability: 1 } });
    const id = await send();
    await until("the delivery", async () => (await record(id))?.deliveredAt);
    await simulator.client.clearFaults(ACCOUNT);
    await simulator.client.setDelays(ACCOUNT, { deliveredMs: null });
    const silent = await send();
    await ackOf(silent);
    await pause(100);
    expect(client.seen.statuses.get(id)).toBeUndefined();
    expect(client.seen.statuses.get(silent)).toBeUndefined();
    expect(await record(silent)).toMatchObject({ text: "uji", deliveredAt: null });
  });

  it("cuts a connection at once, and answers the next upgrade with an HTTP status", async () => {
    expect(await simulator.client.drop(ACCOUNT)).toEqual({ dropped: 1 });
    expect(await until("the cut", () => client.seen.closed)).toBe(428);
    await simulator.client.setFaults(ACCOUNT, { refuseUpgrade: { status: 503, count: 1 } });
    const hanging = connect(simulator.client, client.auth);
    await pause(300);
    expect(hanging.seen).toMatchObject({ open: false, closed: undefined });
    await hanging.sock.end(undefined);
    await reconnect();
  });
});

describe("the control", () => {
  it("answers bad input with a sentence", async () => {
    await expect(simulator.client.account("+1999")).rejects.toMatchObject({ status: 400 });
    await expect(simulator.client.account("+15550001111")).rejects.toMatchObject({ status: 404 });
    await expect(simulator.client.openAccount("0812")).rejects.toThrow("phone: must be a phone number in E.164");
    await expect(simulator.client.setDelays(ACCOUNT, { ackMs: -1 })).rejects.toMatchObject({ status: 400 });
    const ask = (body: string, type = "application/json") =>
      fetch(`${simulator.url}/accounts`, { method: "POST", body, headers: { "content-type": type } });
    expect((await ask("{")).status).toBe(400);
    expect((await ask("{}", "text/plain")).status).toBe(415);
    expect((await ask(JSON.stringify({ phone: "x".repeat(26_000_000) }))).status).toBe(413);
    expect(await (await fetch(`${simulator.url}/nowhere`)).json()).toEqual({
      error: "There is nothing at GET /nowhere.",
    });
    expect((await ask("{}")).headers.get("access-control-allow-origin")).toBeNull();
  });
});
