import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { Service } from "../service/service.ts";
import { leave, link } from "./baileys.ts";

const ACCOUNT = "+6281100000001";
const BUSINESS = "+6281100000002";

let simulator: SpawnedSimulator;
beforeAll(async () => {
  simulator = await spawnSimulator();
});
afterAll(() => simulator.stop());

/** The first line that is answered to these very bytes. */
const say = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(simulator.url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.once("data", (data) => {
      resolve(data.toString("latin1").split("\r\n")[0] ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("no answer")));
  });

describe("a request that makes no sense", () => {
  it("is refused, and the simulator stays", async () => {
    const upgrade = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket";
    const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    expect(await say(`GET // HTTP/1.1\r\n${upgrade}\r\n${key}\r\n\r\n`)).toContain("404");
    expect(await say(`GET /ws/chat HTTP/1.1\r\n${upgrade}\r\n\r\n`)).toContain("400");
    expect(await simulator.client.health()).toEqual({ ok: true });
  });

  it("comes from a web page of another site, and does nothing", async () => {
    await simulator.client.openAccount(ACCOUNT);
    const reset = (site: string) =>
      fetch(`${simulator.url}/reset`, { method: "POST", headers: { "sec-fetch-site": site } });
    expect((await reset("cross-site")).status).toBe(403);
    expect(await simulator.client.world()).toMatchObject({ accounts: 1 });
    expect((await reset("same-origin")).status).toBe(200);
  });
});

describe("a number", () => {
  it("is an account or a business, never both", async () => {
    await simulator.client.openBusinessNumber({ phone: BUSINESS });
    await expect(simulator.client.openAccount(BUSINESS)).rejects.toMatchObject({ status: 409 });
    await expect(simulator.client.seed({ accounts: [{ phone: BUSINESS }] })).rejects.toMatchObject({ status: 409 });
    await simulator.client.openAccount(ACCOUNT);
    const taken = simulator.client.openBusinessNumber({ phone: ACCOUNT });
    await expect(taken).rejects.toMatchObject({ status: 409 });
  });
});

describe("a reset", () => {
  it("forgets how often an account logged in", async () => {
    await leave(simulator.client, ACCOUNT, await link(simulator.client, ACCOUNT));
    expect(await simulator.client.connections(ACCOUNT)).toMatchObject({ logins: 1, maxLivePerDevice: 1 });
    await simulator.client.reset();
    await simulator.client.openAccount(ACCOUNT);
    expect(await simulator.client.connections(ACCOUNT)).toEqual({ live: 0, logins: 0, maxLivePerDevice: 0 });
  });
});

describe("the end of a simulator, or of its world", () => {
  it.each(["close", "reset"] as const)(
    "by %s comes after what was acked was read, however long that takes",
    async (end) => {
      const service = new Service();
      let read = 0;
      for (let count = 0; count < 4; count++) {
        service.ctx.work.add(async () => {
          await new Promise((resolve) => setTimeout(resolve, 200));
          read++;
        });
      }
      await service[end]();
      expect(read).toBe(4);
    },
  );
});
