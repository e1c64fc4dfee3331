import "../quiet.ts";
import { randomBytes } from "node:crypto";
import makeWASocket, { Curve, initAuthCreds, WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import pino from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { simulatorUrl } from "#tests/simulator.ts";
import type { GatewayEvent } from "../../gateway.ts";
import { fromClose } from "../translate.ts";
import { trustedServer } from "./trust.ts";

const genuine = Buffer.from("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b", "hex");
afterEach(() => {
  WA_CERT_DETAILS.PUBLIC_KEY = genuine;
  vi.restoreAllMocks();
});

test("a signature counts only if it is right", () => {
  const pair = Curve.generateKeyPair();
  const message = Buffer.from("the certificate");
  const signature = Curve.sign(pair.private, message);
  expect(Curve.verify(pair.public, message, signature)).toBe(true);
  expect(Curve.verify(pair.public, Buffer.from("another"), signature)).toBe(false);
  expect(Curve.verify(pair.public, message, randomBytes(64))).toBe(false);
  expect(Curve.verify(Curve.generateKeyPair().public, message, signature)).toBe(false);
  expect(Curve.verify(pair.public, message, randomBytes(3))).toBe(false);
});

test("for the simulator its own root is believed", async () => {
  const url = await simulatorUrl();
  const { webSocketUrl } = await trustedServer({ whatsapp: "simulator", simulatorUrl: url });
  expect(webSocketUrl).toBe(`${url.replace("http", "ws")}/ws/chat`);
  expect(WA_CERT_DETAILS.PUBLIC_KEY).not.toEqual(genuine);
});

/** What a real socket, which is not logged in, meets at an address: a QR code or an end. */
function meet(waWebSocketUrl: string): Promise<"qr" | GatewayEvent> {
  const sock = makeWASocket({
    waWebSocketUrl,
    auth: { creds: initAuthCreds(), keys: { get: () => ({}), set: () => {} } },
    logger: pino({ level: "silent" }),
  });
  return new Promise<"qr" | GatewayEvent>((resolve) => {
    sock.ev.on("connection.update", ({ qr, connection, lastDisconnect }) => {
      if (qr) resolve("qr");
      if (connection === "close") resolve(fromClose(lastDisconnect?.error));
    });
  }).finally(() => void sock.end(undefined));
}

test("a server whose certificate another root signed is refused before it learns anything", async () => {
  const { webSocketUrl } = await trustedServer({ whatsapp: "simulator", simulatorUrl: await simulatorUrl() });
  if (!webSocketUrl) throw new Error("the simulator has an address");
  expect(await meet(webSocketUrl)).toBe("qr");
  WA_CERT_DETAILS.PUBLIC_KEY = genuine;
  expect(await meet(webSocketUrl)).toMatchObject({
    type: "closed",
    code: 400,
    reason: expect.stringContaining("certificate signature invalid"),
  });
});

test("for the real WhatsApp the simulator is not even asked, and WhatsApp's root stays", async () => {
  const ask = vi.spyOn(globalThis, "fetch");
  const server = await trustedServer({ whatsapp: "live", simulatorUrl: await simulatorUrl() });
  expect(server).toEqual({ webSocketUrl: undefined });
  expect(ask).not.toHaveBeenCalled();
  expect(WA_CERT_DETAILS.PUBLIC_KEY).toEqual(genuine);
});

test("a server that is not there is an error, not an endless wait", async () => {
  await expect(trustedServer({ whatsapp: "simulator", simulatorUrl: "http://127.0.0.1:9" })).rejects.toThrow();
});
