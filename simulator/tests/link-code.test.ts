import { initAuthCreds, WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { connect, memoryAuth, ready, until } from "./baileys.ts";

const WRONG = /^This code is wrong or has expired/;

let simulator: SpawnedSimulator;
beforeAll(async () => {
  simulator = await spawnSimulator();
  const { publicKey } = await simulator.client.trust();
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(publicKey, "base64");
});
afterAll(() => simulator.stop());

/** A device that shows a QR code and, beside it, a code for this number. */
const askForCode = async (phone: string, options: Parameters<typeof connect>[2] & { code?: string } = {}) => {
  const { code: custom, ...rest } = options;
  await simulator.client.openAccount(phone, "Ani");
  const device = connect(simulator.client, memoryAuth(), rest);
  const qr = await until("a QR code", () => device.seen.qr);
  const answered = new Promise((resolve) => device.sock.ws.once("CB:iq,,link_code_companion_reg", resolve));
  const refused = new Promise((resolve) => device.sock.ws.once("CB:iq,type:error", resolve));
  const code = await device.sock.requestPairingCode(phone.slice(1), custom);
  await Promise.race([answered, refused]);
  return { device, qr, code };
};

const linkedAs = async (device: ReturnType<typeof connect>) => {
  expect(await until("the restart after pairing", () => device.seen.closed)).toBe(515);
  const client = await ready(connect(simulator.client, device.auth));
  await client.sock.end(undefined);
  return client.auth.creds.me?.id;
};

describe("linking by code", () => {
  it("links the device that shows the code, whatever the case and the dash, and the device logs in", async () => {
    const phone = "+6281210000001";
    const { device, code } = await askForCode(phone);
    const asShown = `${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase();
    expect(await simulator.client.enterLinkCode(phone, asShown)).toEqual({ deviceId: 1 });
    expect(await linkedAs(device)).toBe("6281210000001:1@s.whatsapp.net");
    expect(device.auth.creds.registered).toBe(true);
    const { devices } = await simulator.client.account(phone);
    expect(devices.map(({ id, platform }) => ({ id, platform }))).toEqual([{ id: 1, platform: "Chrome (Ubuntu)" }]);
  });

  it("links by a code that the app chose itself", async () => {
    const phone = "+6281210000002";
    const { device } = await askForCode(phone, { code: "SHOP2026" });
    await simulator.client.enterLinkCode(phone, "SHOP2026");
    expect(await linkedAs(device)).toBe("6281210000002:1@s.whatsapp.net");
  });

  it("refuses a wrong code and then takes the right one on the same connection", async () => {
    const phone = "+6281210000003";
    const { device, code } = await askForCode(phone);
    const wrong = `${code.slice(0, 7)}${code.endsWith("7") ? "8" : "7"}`;
    const refusal = await simulator.client.enterLinkCode(phone, wrong).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ status: 409, message: expect.stringMatching(WRONG) });
    expect((await simulator.client.account(phone)).devices).toEqual([]);
    await simulator.client.enterLinkCode(phone, code);
    expect(await linkedAs(device)).toBe("6281210000003:1@s.whatsapp.net");
  });

  it("refuses text that cannot be a code with 400", async () => {
    const phone = "+6281210000004";
    await simulator.client.openAccount(phone);
    await expect(simulator.client.enterLinkCode(phone, "ABC-123")).rejects.toMatchObject({ status: 400 });
  });

  it("refuses a code for one number that is typed on another phone", async () => {
    const [phone, other] = ["+6281210000005", "+6281210000006"];
    const { device, code } = await askForCode(phone);
    await simulator.client.openAccount(other);
    const refusal = { status: 409, message: expect.stringMatching(WRONG) };
    await expect(simulator.client.enterLinkCode(other, code)).rejects.toMatchObject(refusal);
    const theirs = await askForCode(other);
    await expect(simulator.client.enterLinkCode(other, code)).rejects.toMatchObject(refusal);
    await theirs.device.sock.end(undefined);
    await device.sock.end(undefined);
  });

  it("forgets a code after three minutes, and when the device that shows it goes away", async () => {
    const phone = "+6281210000007";
    const first = await askForCode(phone);
    await simulator.client.advance(179_000);
    await simulator.client.advance(2_000);
    const refusal = { status: 409, message: expect.stringMatching(WRONG) };
    await expect(simulator.client.enterLinkCode(phone, first.code)).rejects.toMatchObject(refusal);
    const code = await first.device.sock.requestPairingCode(phone.slice(1));
    await first.device.sock.end(undefined);
    await until("the connection to be gone", async () => (await simulator.client.world()).connections === 0);
    await expect(simulator.client.enterLinkCode(phone, code)).rejects.toMatchObject(refusal);
  });

  it("takes the newest code when the device asked twice", async () => {
    const phone = "+6281210000008";
    const { device, code: older } = await askForCode(phone);
    const newest = new Promise((resolve) => device.sock.ws.once("CB:iq,,link_code_companion_reg", resolve));
    const code = await device.sock.requestPairingCode(phone.slice(1));
    await newest;
    await expect(simulator.client.enterLinkCode(phone, older)).rejects.toMatchObject({ status: 409 });
    await simulator.client.enterLinkCode(phone, code);
    expect(await linkedAs(device)).toBe("6281210000008:1@s.whatsapp.net");
  });

  it("lets the QR code on the same screen be scanned instead", async () => {
    const phone = "+6281210000009";
    const { device, qr } = await askForCode(phone);
    await simulator.client.scan(phone, qr);
    expect(await linkedAs(device)).toBe("6281210000009:1@s.whatsapp.net");
  });

  it("does not link a device whose key bundle holds another identity than it registered with", async () => {
    const phone = "+6281210000010";
    const { device, code } = await askForCode(phone);
    Object.assign(device.auth.creds, { signedIdentityKey: initAuthCreds().signedIdentityKey });
    const refusal = { status: 409, message: expect.stringMatching(WRONG) };
    await expect(simulator.client.enterLinkCode(phone, code)).rejects.toMatchObject(refusal);
    expect((await simulator.client.account(phone)).devices).toEqual([]);
    await device.sock.end(undefined);
  });

  it("does not take a code from a device with a name of its own, as WhatsApp does not, and writes that down", async () => {
    const phone = "+6281210000011";
    const { device, code } = await askForCode(phone, { browser: ["Toko Ani", "Chrome", "1.0"] });
    await expect(simulator.client.enterLinkCode(phone, code)).rejects.toMatchObject({ status: 409 });
    const journal = await simulator.client.journal();
    expect(journal).toContainEqual(
      expect.objectContaining({ what: "refused", text: expect.stringContaining("Chrome (Toko Ani)") }),
    );
    await device.sock.end(undefined);
  });
});
