import { createRequire } from "node:module";
import { Curve, WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect, memoryAuth, textsOf, until } from "./baileys.ts";
import { ACCOUNT, CONTACT, oneAccount } from "./one-account.ts";

interface LibsignalCurve {
  verifySignature: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}
// The curve is not in libsignal's types.
const { curve } = createRequire(import.meta.url)("libsignal") as { curve: LibsignalCurve };

const NEW = "+6281500000009";
const scene = oneAccount();
const lenient = Curve.verify;
const rootOfWhatsApp = WA_CERT_DETAILS.PUBLIC_KEY;

// Curve.verify of Baileys 7.0.0-rc14 drops libsignal's answer and always says yes; a client that wants to know repairs it.
beforeAll(() => {
  Curve.verify = (key, message, signature) =>
    curve.verifySignature(Buffer.concat([Buffer.from([5]), key.subarray(-32)]), message, signature);
});
afterAll(() => {
  Curve.verify = lenient;
  WA_CERT_DETAILS.PUBLIC_KEY = rootOfWhatsApp;
});
beforeEach(() => scene.simulator.clearTampering());

/** A new client shows its QR, the phone scans it; how that ended for the client. */
const pairing = async () => {
  const { sock, seen } = connect(scene.simulator, memoryAuth());
  let reason = "";
  sock.ev.on("connection.update", ({ lastDisconnect }) => {
    reason = lastDisconnect?.error?.message ?? reason;
  });
  await scene.simulator.openAccount(NEW);
  const qr = await until("a QR code", () => seen.qr);
  const scan = scene.simulator.scan(NEW, qr).catch(() => undefined);
  await until("the end", () => seen.closed);
  await scan;
  return reason;
};

describe("a client whose Curve.verify is repaired", () => {
  it("refuses a certificate chain that another root signed, and takes the right one", async () => {
    await scene.client.sock.end(undefined);
    await scene.simulator.setTampering({ noiseRoot: 1 });
    const fooled = connect(scene.simulator, scene.client.auth);
    let reason = "";
    fooled.sock.ev.on("connection.update", ({ lastDisconnect }) => {
      reason = lastDisconnect?.error?.message ?? reason;
    });
    expect(await until("the end", () => fooled.seen.closed)).toBe(400);
    expect(reason).toBe("noise intermediate certificate signature invalid");
    await scene.reconnect();
    expect(await scene.struck()).toEqual({ "Tampering:": 1 });
  });

  it("refuses the chain of a simulator whose root it does not trust", async () => {
    const { publicKey } = await scene.simulator.trust();
    WA_CERT_DETAILS.PUBLIC_KEY = rootOfWhatsApp;
    const stranger = connect(scene.simulator, memoryAuth());
    expect(await until("the end", () => stranger.seen.closed)).toBe(400);
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(publicKey, "base64");
  });

  it("refuses a device identity that the phone signed wrongly", async () => {
    await scene.simulator.setTampering({ advSignature: 1 });
    expect(await pairing()).toBe("Failed to verify account signature");
    expect((await scene.simulator.account(NEW)).devices).toEqual([]);
    expect(await pairing()).toBe("Stream Errored (restart required)");
  });
});

describe("any client", () => {
  it("refuses a device identity whose HMAC is wrong", async () => {
    await scene.simulator.setTampering({ advHmac: 1 });
    expect(await pairing()).toBe("Invalid account signature");
  });

  it("asks again for a ciphertext with a flipped byte, and reads what comes then", async () => {
    await scene.simulator.setTampering({ signalMessage: 1 });
    const { id } = await scene.simulator.write(CONTACT, ACCOUNT, "utuh");
    await until("the text", () => textsOf(scene.client).some((message) => message.id === id));
    expect(scene.client.seen.stanzas.filter((stanza) => stanza.id === id).length).toBeGreaterThan(1);
    expect(await scene.struck()).toEqual({ "Tampering:": 1 });
    expect(textsOf(scene.client).map(({ text }) => text)).toEqual(["utuh"]);
  });

  // libsignal 6 verifies the signed pre-key of a bundle with `isInit`, which skips the check: the session is begun all the same.
  it("does NOT notice a key bundle whose signed pre-key nobody signed: Baileys writes to it", async () => {
    await scene.simulator.setTampering({ signalBundle: 2 });
    const stranger = "+5531900000077";
    const id = await scene.send(undefined, `${stranger.slice(1)}@s.whatsapp.net`);
    await scene.simulator.waitUntil({ for: "message", phone: stranger, id, text: "uji" });
    expect((await scene.struck())["Tampering:"]).toBeGreaterThanOrEqual(1);
  });
});
