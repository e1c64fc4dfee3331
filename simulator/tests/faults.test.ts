import { describe, expect, it } from "vitest";
import { spawnSimulator } from "../client.ts";
import { link, until } from "./baileys.ts";
import { ACCOUNT, CONTACT, JID, oneAccount } from "./one-account.ts";

const scene = oneAccount();
const acked = (id: string) => scene.acksOf(id).length > 0;
const delivered = (id: string) => until("the delivery", async () => (await scene.record(id))?.deliveredAt);

describe("an ack", () => {
  it("is lost as often as told, although the recipient got the message; the same id again is acked", async () => {
    await scene.simulator.setFaults(ACCOUNT, { loseAcks: { count: 1 } });
    const id = await scene.send();
    await delivered(id);
    expect(acked(id)).toBe(false);
    expect(await scene.record(id)).toMatchObject({ acked: false, copies: 1 });
    expect(await scene.struck()).toEqual({ loseAcks: 1 });
    await scene.send(id);
    await scene.ackOf(id);
    await until("the second copy", async () => (await scene.shown(id))[0]?.copies === 2);
    expect(await scene.shown(id)).toHaveLength(1);
  });

  it("is delayed by the account's delays, and never comes when told so", async () => {
    await scene.simulator.setDelays(ACCOUNT, { ackMs: 200 });
    const began = Date.now();
    const slow = await scene.send();
    await scene.ackOf(slow);
    expect(Date.now() - began).toBeGreaterThanOrEqual(200);
    await scene.simulator.setDelays(ACCOUNT, { ackMs: null });
    const lost = await scene.send();
    await delivered(lost);
    expect(acked(lost)).toBe(false);
  });

  it("is late once, when a single one is to be late, and the next overtakes it", async () => {
    await scene.simulator.setFaults(ACCOUNT, { delayAcks: { ms: 60_000, count: 1 } });
    const late = await scene.send();
    const next = await scene.send();
    await scene.ackOf(next);
    expect(acked(late)).toBe(false);
    await scene.simulator.advance(60_000);
    await scene.ackOf(late);
    expect(await scene.struck()).toEqual({ delayAcks: 1 });
  });

  it("comes twice", async () => {
    await scene.simulator.setFaults(ACCOUNT, { duplicateAcks: { count: 1 } });
    const id = await scene.send();
    await until("both acks", () => scene.acksOf(id).length === 2);
    const next = await scene.send();
    await scene.ackOf(next);
    expect(scene.acksOf(next)).toHaveLength(1);
  });

  it("is taken back: the same message is refused after it was acked, and its recipient gets nothing", async () => {
    await scene.simulator.setFaults(ACCOUNT, { takeBack: { code: 470, ms: 100, count: 1 } });
    const id = await scene.send();
    await until("both answers", () => scene.acksOf(id).length === 2);
    expect(scene.acksOf(id).map(({ error }) => error)).toEqual([undefined, "470"]);
    const next = await scene.send();
    await delivered(next);
    expect(await scene.shown(id)).toEqual([]);
  });

  it("comes after that of the next message, or ten seconds late when there is none", async () => {
    await scene.simulator.setFaults(ACCOUNT, { reorderAcks: { count: 2 } });
    const [first, second] = [await scene.send(), await scene.send()];
    await scene.ackOf(first);
    const order = scene.client.seen.acks.map(({ id }) => id).filter((id) => id === first || id === second);
    expect(order).toEqual([second, first]);
    const alone = await scene.send();
    await until("it to be held back", async () => (await scene.struck()).reorderAcks === 2);
    expect(acked(alone)).toBe(false);
    await scene.simulator.advance(10_000);
    await scene.ackOf(alone);
  });
});

describe("a refusal", () => {
  it("has the code that was asked for, and the recipient sees nothing", async () => {
    for (const code of [463, 479, 420, 429]) {
      const nack = { code, count: 1 };
      expect(await scene.simulator.setFaults(ACCOUNT, { nack })).toEqual({ nack });
      const id = await scene.send();
      expect((await scene.ackOf(id)).error).toBe(String(code));
      await until("the error status", () => scene.client.seen.statuses.get(id)?.includes(0));
      expect(await scene.shown(id)).toEqual([]);
      expect((await scene.simulator.account(ACCOUNT)).faults).toEqual({});
    }
  });

  it("can come by chance: always, or never", async () => {
    await scene.simulator.setFaults(ACCOUNT, { nack: { code: 420, probability: 1 } });
    expect((await scene.ackOf(await scene.send())).error).toBe("420");
    await scene.simulator.setFaults(ACCOUNT, { nack: { code: 420, probability: 0 } });
    expect((await scene.ackOf(await scene.send())).error).toBeUndefined();
  });
});

describe("a cut of the connection", () => {
  it("before a message is taken: it is as if it had not been sent", async () => {
    await scene.simulator.setFaults(ACCOUNT, { dropBefore: 1 });
    const id = await scene.send();
    expect(await scene.closed()).toBe(428);
    expect(await scene.record(id)).toBeUndefined();
    await scene.reconnect();
    await scene.send(id);
    await until("the delivery", async () => (await scene.shown(id)).length === 1);
    expect(await scene.record(id)).toMatchObject({ copies: 1 });
  });

  it("after a message was taken: sent again it is one message", async () => {
    await scene.simulator.setFaults(ACCOUNT, { dropAfter: { probability: 1 } });
    const id = await scene.send();
    expect(await scene.closed()).toBe(428);
    expect(acked(id)).toBe(false);
    await scene.simulator.clearFaults(ACCOUNT);
    await scene.reconnect();
    await scene.send(id);
    await scene.ackOf(id);
    await until("both copies", async () => (await scene.shown(id))[0]?.copies === 2);
  });

  it("after the ack: the client knows that the message was taken", async () => {
    await scene.simulator.setFaults(ACCOUNT, { dropAfterAck: 1 });
    const id = await scene.send();
    expect(await scene.closed()).toBe(428);
    expect(acked(id)).toBe(true);
    expect(await scene.record(id)).toMatchObject({ acked: true, copies: 1 });
    await scene.reconnect();
  });
});

describe("chance", () => {
  it("hits the same messages in every run of one seed, whatever ids the client makes up, and others with another", async () => {
    const round = async (seed: string) => {
      const simulator = await spawnSimulator({ seed });
      const { sock, seen } = await link(simulator.client, ACCOUNT);
      await simulator.client.setDelays(ACCOUNT, { ackMs: [1, 400], deliveredMs: [1, 400] });
      await simulator.client.setFaults(ACCOUNT, {
        loseAcks: { probability: 0.5 },
        loseReceipts: { probability: 0.5 },
        dropBefore: { probability: 0.000001 },
      });
      const ids: string[] = [];
      for (let n = 0; n < 16; n++) ids.push((await sock.sendMessage(JID, { text: "uji" }))?.key.id ?? "");
      await simulator.client.waitUntil({ for: "message", phone: CONTACT, id: ids[15] ?? "" });
      await simulator.client.advance(10_000);
      await until("every reading", async () =>
        (await simulator.client.sent(ACCOUNT)).every(({ messages }) => messages.every(({ readAt }) => readAt)),
      );
      await simulator.client.waitUntil({ for: "confirmed", phone: ACCOUNT });
      const struck = (await simulator.client.journal()).filter(({ what }) => what === "fault").map(({ text }) => text);
      const named = ids.map((id) =>
        struck
          .filter((text) => text.includes(id))
          .map((text) => text.replace(id, ""))
          .sort(),
      );
      await sock.end(undefined);
      await simulator.stop();
      return { named, acked: ids.map((id) => seen.acks.some((ack) => ack.id === id)) };
    };
    const first = await round("a");
    expect(first.acked).toContain(true);
    expect(first.acked).toContain(false);
    expect(await round("a")).toEqual(first);
    expect((await round("b")).acked).not.toEqual(first.acked);
  }, 180_000);
});

describe("the control", () => {
  it("answers bad input with a sentence", async () => {
    const { simulator, url } = scene;
    await expect(simulator.account("+1999")).rejects.toMatchObject({ status: 400 });
    await expect(simulator.account("+15550001111")).rejects.toMatchObject({ status: 404 });
    await expect(simulator.openAccount("0812")).rejects.toThrow("phone: must be a phone number in E.164");
    await expect(simulator.setDelays(ACCOUNT, { ackMs: -1 })).rejects.toMatchObject({ status: 400 });
    await expect(simulator.setFaults(ACCOUNT, { nack: { code: 99, count: 1 } })).rejects.toMatchObject({ status: 400 });
    const ask = (body: string, type = "application/json") =>
      fetch(`${url}/accounts`, { method: "POST", body, headers: { "content-type": type } });
    expect((await ask("{")).status).toBe(400);
    expect((await ask("{}", "text/plain")).status).toBe(415);
    expect((await ask(JSON.stringify({ phone: "x".repeat(26_000_000) }))).status).toBe(413);
    expect(await (await fetch(`${url}/nowhere`)).json()).toEqual({ error: "There is nothing at GET /nowhere." });
    expect((await ask("{}")).headers.get("access-control-allow-origin")).toBeNull();
  });
});
