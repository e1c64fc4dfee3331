import { describe, expect, it } from "vitest";
import { type BaileysClient, connect, memoryAuth, until } from "./baileys.ts";
import { ACCOUNT, oneAccount, pause } from "./one-account.ts";

const scene = oneAccount();
const attempt = (options = {}) => connect(scene.simulator, scene.client.auth, options);
const closedOf = (client: BaileysClient) => until("the end of the connection", () => client.seen.closed);
const devices = async () => (await scene.simulator.account(ACCOUNT)).devices.length;

describe("a stream error", () => {
  it.each([440, 403, 500, 503, 515, 418])(
    "%i ends every connection now, and the device may come back",
    async (code) => {
      expect(await scene.simulator.streamError(ACCOUNT, code)).toEqual({ ended: 1 });
      expect(await scene.closed()).toBe(code);
      await scene.reconnect();
      expect(await devices()).toBe(1);
    },
  );

  it("401 unlinks the device: its next login is refused too", async () => {
    await scene.simulator.streamError(ACCOUNT, 401);
    expect(await scene.closed()).toBe(401);
    expect(await devices()).toBe(0);
    expect(await closedOf(attempt())).toBe(401);
    await scene.link();
  });

  it("comes instead of taking a message", async () => {
    await scene.simulator.setFaults(ACCOUNT, { streamErrors: { code: 503, count: 1 } });
    const id = await scene.send();
    expect(await scene.closed()).toBe(503);
    expect(await scene.record(id)).toBeUndefined();
    expect(await scene.struck()).toEqual({ streamErrors: 1 });
    await scene.reconnect();
    await scene.send(id);
    await scene.ackOf(id);
  });
});

describe("a login", () => {
  it.each([403, 405, 411, 419, 500, 503] as const)("is refused with %i, and then taken again", async (reason) => {
    await scene.client.sock.end(undefined);
    await scene.simulator.setFaults(ACCOUNT, { failLogins: { reason, count: 1 } });
    expect(await closedOf(attempt())).toBe(reason);
    await scene.reconnect();
  });

  it("refused with 401 means that the device is gone", async () => {
    await scene.client.sock.end(undefined);
    await scene.simulator.setFaults(ACCOUNT, { failLogins: { reason: 401, count: 1 } });
    expect(await closedOf(attempt())).toBe(401);
    expect(await devices()).toBe(0);
    expect(await closedOf(attempt())).toBe(401);
    await scene.link();
  });
});

describe("an upgrade", () => {
  it("is answered with an HTTP status, and the client waits for ever", async () => {
    expect(await scene.simulator.drop(ACCOUNT)).toEqual({ dropped: 1 });
    expect(await scene.closed()).toBe(428);
    await scene.simulator.setFaults(ACCOUNT, { refuseUpgrade: { status: 503, count: 1 } });
    const hanging = attempt();
    await until("the refusal", async () => (await scene.struck()).refuseUpgrade === 1);
    await pause(300);
    expect(hanging.seen).toMatchObject({ open: false, closed: undefined });
    await hanging.sock.end(undefined);
    await scene.reconnect();
  });

  it("is never answered: the client gives up after its own patience", async () => {
    await scene.client.sock.end(undefined);
    await scene.simulator.setFaults(ACCOUNT, { hangUpgrade: { count: 1 } });
    expect(await closedOf(attempt({ connectTimeoutMs: 500 }))).toBe(408);
    await scene.simulator.clearFaults(ACCOUNT);
    await scene.reconnect();
  });

  it("that names its account meets the faults of that account alone", async () => {
    await scene.client.sock.end(undefined);
    await scene.simulator.setFaults(ACCOUNT, { hangUpgrade: { count: 1 } });
    const named = (phone: string) => `${scene.simulator.webSocketUrl}?account=${encodeURIComponent(phone)}`;
    await scene.reconnect({ waWebSocketUrl: named("+6281500000002") });
    const mine = connect(scene.simulator, memoryAuth(), { waWebSocketUrl: named(ACCOUNT), connectTimeoutMs: 500 });
    expect(await closedOf(mine)).toBe(408);
  });
});

describe("a half-open connection", () => {
  it("answers nothing any more, from a message on or from now", async () => {
    await scene.simulator.setFaults(ACCOUNT, { freezeAfter: 2 });
    const heard = [await scene.send(), await scene.send()];
    for (const id of heard) await scene.ackOf(id);
    const unheard = await scene.send();
    await pause(300);
    expect(scene.acksOf(unheard)).toEqual([]);
    expect(await scene.record(unheard)).toBeUndefined();
    expect(scene.client.seen.closed).toBeUndefined();
    expect(await scene.struck()).toEqual({ freezeAfter: 1 });
    const old = scene.client;
    await scene.reconnect();
    expect(await closedOf(old)).toBe(428);
    // Afterwards the client knows the contact's devices: it would wait for ever for an answer about them.
    await scene.ackOf(await scene.send());
    expect(await scene.simulator.freeze(ACCOUNT)).toEqual({ frozen: 1 });
    const lost = await scene.send();
    await pause(300);
    expect(scene.acksOf(lost)).toEqual([]);
    await scene.reconnect();
    expect((await scene.simulator.connections(ACCOUNT)).maxLivePerDevice).toBe(1);
  });

  // Baileys notices 5 s after its keep-alive interval, but says so only when its closing handshake timed out: 30 s more.
  it("is noticed by the client's own keep-alive: 408, after half a minute of closing", async () => {
    await scene.client.sock.end(undefined);
    await scene.reconnect({ keepAliveIntervalMs: 300 });
    await scene.simulator.freeze(ACCOUNT);
    const frozen = scene.client;
    const gone = (async () => {
      while (frozen.seen.closed === undefined) await pause(50);
      return frozen.seen.closed;
    })();
    expect(await gone).toBe(408);
    await scene.reconnect();
  });
});
