import { describe, expect, it } from "vitest";
import { receiptsOf, textsOf, until } from "./baileys.ts";
import { ACCOUNT, CONTACT, oneAccount, pause } from "./one-account.ts";

const scene = oneAccount();
const receipts = (id: string) => receiptsOf(scene.client, id);
const read = (id: string) => until("the read receipt", () => receipts(id).includes("read"));
const write = (text: string) => scene.simulator.write(CONTACT, ACCOUNT, text);
const stanzas = (id: string) => scene.client.seen.stanzas.filter((stanza) => stanza.id === id);
const read10 = { deliveredMs: 10, readMs: 40 };

describe("a receipt", () => {
  it("is lost for good, and a phone that never receives sends none", async () => {
    await scene.simulator.setFaults(ACCOUNT, { loseReceipts: { probability: 1 } });
    const id = await scene.send();
    await until("the delivery", async () => (await scene.record(id))?.deliveredAt);
    await scene.simulator.clearFaults(ACCOUNT);
    await scene.simulator.setDelays(ACCOUNT, { deliveredMs: null });
    const silent = await scene.send();
    await scene.ackOf(silent);
    await until("its text", async () => (await scene.record(silent))?.text);
    await pause(100);
    expect(receipts(id)).toEqual([]);
    expect(receipts(silent)).toEqual([]);
    expect(await scene.record(silent)).toMatchObject({ text: "uji", deliveredAt: null });
  });

  it("comes late by so much", async () => {
    await scene.simulator.setFaults(ACCOUNT, { delayReceipts: { ms: 500, probability: 1 } });
    const began = Date.now();
    const id = await scene.send();
    await until("both receipts", () => receipts(id).length === 2);
    expect(Date.now() - began).toBeGreaterThanOrEqual(500);
  });

  it("comes twice", async () => {
    await scene.simulator.setDelays(ACCOUNT, read10);
    await scene.simulator.setFaults(ACCOUNT, { duplicateReceipts: { probability: 1 } });
    const id = await scene.send();
    await until("all of them twice", () => receipts(id).length === 6);
    expect(receipts(id).sort()).toEqual(["delivered", "delivered", "read", "read", "sender", "sender"]);
    await scene.simulator.waitUntil({ for: "confirmed", phone: ACCOUNT });
  });

  it("comes out of order: read before delivered, sender after read", async () => {
    await scene.simulator.setDelays(ACCOUNT, read10);
    await scene.simulator.setFaults(ACCOUNT, { reorderReceipts: { count: 2 } });
    const id = await scene.send();
    await until("all of them", () => receipts(id).length === 3);
    expect(receipts(id)[0]).toBe("read");
    expect(receipts(id).sort()).toEqual(["delivered", "read", "sender"]);
    const next = await scene.send();
    await read(next);
    expect(receipts(next).at(-1)).toBe("read");
  });

  it("that waits for a read receipt in vain comes in the end", async () => {
    await scene.simulator.setFaults(ACCOUNT, { reorderReceipts: { count: 2 } });
    const id = await scene.send();
    await until("both held back", async () => (await scene.struck()).reorderReceipts === 2);
    expect(receipts(id)).toEqual([]);
    await scene.simulator.advance(30_000);
    await until("both", () => receipts(id).length === 2);
  });
});

describe("a message to the client", () => {
  it("comes twice under one id and is read once", async () => {
    await write("sapa");
    await until("a session", () => textsOf(scene.client).some(({ text }) => text === "sapa"));
    await scene.simulator.setFaults(ACCOUNT, { duplicateMessages: { count: 1 } });
    const { id } = await write("dua kali");
    await until("both copies", () => stanzas(id).length === 2);
    await scene.simulator.waitUntil({ for: "confirmed", phone: ACCOUNT });
    await pause(200);
    expect(textsOf(scene.client).filter((message) => message.id === id)).toHaveLength(1);
    expect(await scene.struck()).toEqual({ duplicateMessages: 1 });
  });

  it("comes after the next one, or late when there is none", async () => {
    await scene.simulator.setFaults(ACCOUNT, { reorderMessages: { count: 1 } });
    const [first, second] = [await write("pertama"), await write("kedua")];
    await until("both", () => textsOf(scene.client).some(({ id }) => id === first.id));
    const order = textsOf(scene.client).map(({ id }) => id);
    expect(order.indexOf(second.id)).toBeGreaterThan(-1);
    expect(order.indexOf(second.id)).toBeLessThan(order.indexOf(first.id));
    await scene.simulator.setFaults(ACCOUNT, { delayMessages: { ms: 300, count: 1 } });
    const began = Date.now();
    const { id } = await write("terlambat");
    await until("the late one", () => textsOf(scene.client).some((message) => message.id === id));
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
  });
});
