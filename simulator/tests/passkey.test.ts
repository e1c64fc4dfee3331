import { type BinaryNode, getBinaryNodeChildString, WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { connect, memoryAuth, ready, until } from "./baileys.ts";

const GATED = { status: 409, message: expect.stringContaining("asks the device for this account's passkey") };

let simulator: SpawnedSimulator;
beforeAll(async () => {
  simulator = await spawnSimulator();
  const { publicKey } = await simulator.client.trust();
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(publicKey, "base64");
});
afterAll(() => simulator.stop());

/** A device that shows a QR code, next to the phone of an account with a passkey. */
const beforeGate = async (phone: string, qrTimeout?: number) => {
  await simulator.client.openAccount(phone, "Ani");
  expect((await simulator.client.setAccount(phone, { passkey: true })).passkey).toBe(true);
  const device = connect(simulator.client, memoryAuth(), qrTimeout ? { qrTimeout } : {});
  const asked: BinaryNode[] = [];
  device.sock.ws.on("CB:notification,type:passkey_prologue_request", (stanza: BinaryNode) => asked.push(stanza));
  const qr = await until("a QR code", () => device.seen.qr);
  return { device, qr, asked };
};

const question = (tag: string, type: "get" | "set") => ({
  tag: "iq",
  attrs: { to: "@s.whatsapp.net", type, xmlns: "md" },
  content: [{ tag, attrs: {} }],
});

describe("an account with a passkey", () => {
  it("is not linked by a scan: the client is asked for the passkey, and ends by itself", async () => {
    const phone = "+6281220000001";
    const { device, qr, asked } = await beforeGate(phone, 1_500);
    await expect(simulator.client.scan(phone, qr)).rejects.toMatchObject(GATED);
    const request = await until("the passkey request", () => asked[0]);
    expect(request.attrs.from).toBe("@s.whatsapp.net");
    const options: unknown = JSON.parse(getBinaryNodeChildString(request, "passkey_request_options") ?? "");
    expect(options).toMatchObject({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      rpId: "whatsapp.com",
      allowCredentials: [],
      userVerification: "required",
    });
    expect(await until("the client to give up", () => device.seen.closed)).toBe(408);
    expect(device.auth.creds.me).toBeUndefined();
    expect((await simulator.client.account(phone)).devices).toEqual([]);
    const unknown = (await simulator.client.journal()).filter(({ what }) => what === "unknown stanza");
    expect(unknown).toEqual([]);
  });

  it("is not linked by a code either: the question comes after the device handed over its keys", async () => {
    const phone = "+6281220000002";
    const { device, asked } = await beforeGate(phone);
    const code = await device.sock.requestPairingCode(phone.slice(1));
    await expect(simulator.client.enterLinkCode(phone, code)).rejects.toMatchObject(GATED);
    await until("the passkey request", () => asked[0]);
    expect((await simulator.client.account(phone)).devices).toEqual([]);
    await device.sock.end(undefined);
  });

  it("is linked by a new scan once its passkey is off; the device that was asked stays out", async () => {
    const phone = "+6281220000003";
    const { device, qr } = await beforeGate(phone);
    await expect(simulator.client.scan(phone, qr)).rejects.toMatchObject(GATED);
    expect((await simulator.client.setAccount(phone, { passkey: false })).passkey).toBe(false);
    await expect(simulator.client.scan(phone, qr)).rejects.toMatchObject(GATED);
    await device.sock.end(undefined);
    const again = connect(simulator.client, memoryAuth());
    await simulator.client.scan(phone, await until("a QR code", () => again.seen.qr));
    expect(await until("the restart", () => again.seen.closed)).toBe(515);
    const client = await ready(connect(simulator.client, again.auth));
    await client.sock.end(undefined);
  });

  it("says its question again when asked, and refuses and journals the ceremony that would follow", async () => {
    const phone = "+6281220000004";
    const { device, qr, asked } = await beforeGate(phone);
    const early = await device.sock.query(question("passkey_request_options", "get")).catch((error: Error) => error);
    expect(early).toMatchObject({ message: "feature-not-implemented" });
    await expect(simulator.client.scan(phone, qr)).rejects.toMatchObject(GATED);
    const request = await until("the passkey request", () => asked[0]);
    const repeated: BinaryNode = await device.sock.query(question("passkey_request_options", "get"));
    expect(getBinaryNodeChildString(repeated, "passkey_request_options")).toBe(
      getBinaryNodeChildString(request, "passkey_request_options"),
    );
    await expect(device.sock.query(question("passkey_prologue", "set"))).rejects.toMatchObject({
      message: "feature-not-implemented",
    });
    expect(await simulator.client.journal()).toContainEqual(
      expect.objectContaining({ what: "unknown question", text: expect.stringContaining("<passkey_prologue") }),
    );
    await device.sock.end(undefined);
  });
});
