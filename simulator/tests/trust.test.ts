import { createRequire } from "node:module";
import { Curve, WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { connect, leave, link, memoryAuth, until } from "./baileys.ts";

interface SignalCurve {
  verifySignature: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}
// libsignal is CommonJS and its types leave the curve out.
const { curve } = createRequire(import.meta.url)("libsignal") as { curve: SignalCurve };
const genuineRoot = Buffer.from(WA_CERT_DETAILS.PUBLIC_KEY);
const asShipped = Curve.verify;

let simulator: SpawnedSimulator;
beforeAll(async () => {
  simulator = await spawnSimulator();
  Curve.verify = (key, message, signature) =>
    curve.verifySignature(Buffer.concat([Buffer.from([5]), Buffer.from(key).subarray(-32)]), message, signature) ===
    true;
});
afterAll(async () => {
  Curve.verify = asShipped;
  await simulator.stop();
});

describe("a client that really checks signatures", () => {
  it("accepts the simulator's root key, and the device identity its phone signs", async () => {
    const phone = "+6281700000001";
    const client = await link(simulator.client, phone);
    await leave(simulator.client, phone, client);
  });

  it("refuses the simulator when it expects the genuine root key", async () => {
    WA_CERT_DETAILS.PUBLIC_KEY = genuineRoot;
    const client = connect(simulator.client, memoryAuth());
    expect(await until("the refusal", () => client.seen.closed)).toBe(400);
    expect(client.seen.qr).toBeUndefined();
  });
});
