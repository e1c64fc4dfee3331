import type { BaileysEventMap, BinaryNode } from "@whiskeysockets/baileys";
import { describe, expect, test } from "vitest";
import { fromAck, fromClose, fromMappings, fromReceipt, fromUpsert, identityOf, jidOf, phoneOf } from "./translate.ts";

// Shapes as Baileys 7.0.0-rc14 emitted them, with other numbers.
const text = { conversation: "STOP" };
const upsert = (message: object, type: "notify" | "append" = "notify") =>
  ({ messages: [{ messageTimestamp: 1_763_000_000, ...message }], type }) as BaileysEventMap["messages.upsert"];

test.each([
  ["628123456789@s.whatsapp.net", "pn:+628123456789"],
  ["628123456789:7@s.whatsapp.net", "pn:+628123456789"],
  ["55512345678901@lid", "lid:55512345678901"],
  ["55512345678901:12@lid", "lid:55512345678901"],
  ["120363041234567890@g.us", null],
  ["status@broadcast", null],
  ["", null],
])("%s names %s", (jid, identity) => expect(identityOf(jid)).toBe(identity));

test("an identity becomes the address it came from", () => {
  expect(jidOf("pn:+628123456789")).toBe("628123456789@s.whatsapp.net");
  expect(jidOf("lid:55512345678901")).toBe("55512345678901@lid");
  expect(jidOf("group:120363041234567890@g.us")).toBe("120363041234567890@g.us");
  expect(phoneOf("628123456789:7@s.whatsapp.net")).toBe("+628123456789");
  expect(phoneOf("55512345678901@lid")).toBeNull();
});

test("a message comes with every identity it was sent under, live or from the backlog", () => {
  const key = {
    remoteJid: "55512345678901@lid",
    remoteJidAlt: "628123456789@s.whatsapp.net",
    id: "3A01",
    fromMe: false,
  };
  const event = {
    type: "inbound",
    waMsgId: "3A01",
    from: ["lid:55512345678901", "pn:+628123456789"],
    text: "STOP",
    content: "text",
    at: new Date(1_763_000_000_000),
    group: null,
    offline: false,
  };
  expect(fromUpsert(upsert({ key, message: text }))).toEqual([event]);
  expect(fromUpsert(upsert({ key, message: text }, "append"))).toEqual([{ ...event, offline: true }]);
});

test.each([
  ["an extended text", { extendedTextMessage: { text: "STOP" } }, "STOP"],
  ["a disappearing message", { ephemeralMessage: { message: text } }, "STOP"],
  ["a picture's caption", { imageMessage: { caption: "STOP" } }, "STOP"],
  ["a picture", { imageMessage: {} }, null],
])("the text of %s", (_, message, expected) => {
  const key = { remoteJid: "628123456789@s.whatsapp.net", id: "3A02", fromMe: false };
  expect(fromUpsert(upsert({ key, message }))).toMatchObject([{ text: expected }]);
});

test.each([
  ["a text", { conversation: "Hello" }, "text"],
  ["a picture with a caption", { imageMessage: { caption: "Hello" } }, "picture"],
  ["a picture to be seen once", { viewOnceMessageV2: { message: { imageMessage: {} } } }, "picture"],
  ["a spoken message", { audioMessage: {} }, "audio"],
  ["a document with a caption", { documentWithCaptionMessage: { message: { documentMessage: {} } } }, "document"],
  ["a place", { locationMessage: {} }, "location"],
  ["a vote", { pollUpdateMessage: {} }, "other"],
])("%s is told as what it is", (_, message, content) => {
  const key = { remoteJid: "628123456789@s.whatsapp.net", id: "3A03", fromMe: false };
  expect(fromUpsert(upsert({ key, message }))).toMatchObject([{ content }]);
});

const author = { participant: "55512345678901@lid", remoteJidAlt: "628123456789@s.whatsapp.net" };

test.each([
  ["our own", { key: { remoteJid: "628123456789@s.whatsapp.net", id: "3A", fromMe: true }, message: text }],
  ["an undecryptable", { key: { remoteJid: "628123456789@s.whatsapp.net", id: "3A" }, messageStubType: 2 }],
  [
    "a revoke",
    { key: { remoteJid: "628123456789@s.whatsapp.net", id: "3A" }, message: { protocolMessage: { type: 0 } } },
  ],
  ["a status", { key: { remoteJid: "status@broadcast", ...author, id: "3A" }, message: text }],
  ["a broadcast", { key: { remoteJid: "1763000000@broadcast", ...author, id: "3A" }, message: text }],
  ["a channel's", { key: { remoteJid: "120363041234567890@newsletter", ...author, id: "3A" }, message: text }],
  ["a nameless group's", { key: { remoteJid: "120363041234567890@g.us", id: "3A" }, message: text }],
])("%s message is not for us to answer", (_, message) => expect(fromUpsert(upsert(message))).toEqual([]));

describe("a receipt", () => {
  const own = new Set(["lid:55500000000001", "pn:+62811"] as const);
  const them = "628123456789@s.whatsapp.net";
  const us = "62811:4@s.whatsapp.net";
  const group = "120363041234567890@g.us";
  const read = (attrs: Record<string, string>, content: BinaryNode[] = []) =>
    fromReceipt({ tag: "receipt", attrs: { id: "3EB0", t: "1763000000", ...attrs }, content }, own);
  const ack = [{ type: "ack", waMsgId: "3EB0" }];
  const said = (receipt: "delivered" | "read") => [{ type: "receipt", waMsgId: "3EB0", receipt }];

  test.each([
    ["from the recipient's phone", { from: them }, said("delivered")],
    ["under their hidden identity", { from: "55512345678901:3@lid" }, said("delivered")],
    ["when they have read", { from: them, type: "read" }, said("read")],
    ["when they have listened", { from: them, type: "played" }, said("read")],
    ["from our own phone, for its copy", { from: us, recipient: them, type: "sender" }, ack],
    [
      "from our own phone under its hidden identity",
      { from: "55500000000001@lid", recipient: them, type: "sender" },
      ack,
    ],
    ["of a message to oneself", { from: us, recipient: "62811@s.whatsapp.net", type: "sender" }, said("delivered")],
    ["from a member of a group", { from: group, participant: them }, said("delivered")],
    ["from a member who has read", { from: group, participant: them, type: "read" }, said("read")],
    ["from our own phone in a group, which has not read it", { from: group, participant: us, type: "read" }, ack],
    ["of a message of theirs that we read on the phone", { from: us, recipient: them, type: "read-self" }, []],
    ["of a message of theirs that came to the phone", { from: us, recipient: them }, []],
    ["that asks for the message again", { from: them, type: "retry" }, []],
    ["of a group, without who gives it", { from: group }, []],
  ])("%s", (_, attrs, events) => expect(read(attrs)).toEqual(events));

  test("of several messages names the others in a list", () => {
    const items = ["3EB1", "3EB2"].map((id) => ({ tag: "item", attrs: { id } }));
    const events = read({ from: them, type: "read" }, [{ tag: "list", attrs: {}, content: items }]);
    expect(events).toEqual(["3EB0", "3EB1", "3EB2"].map((waMsgId) => ({ type: "receipt", waMsgId, receipt: "read" })));
  });

  test("that is none says nothing", () => expect(fromReceipt({ tag: "receipt", attrs: {} }, own)).toEqual([]));
});

test("the server's answer is an ack, or a nack with its code", () => {
  const attrs = { class: "message", id: "3EB0", from: "628123456789@s.whatsapp.net", t: "1763000000" };
  expect(fromAck({ tag: "ack", attrs })).toEqual([{ type: "ack", waMsgId: "3EB0" }]);
  expect(fromAck({ tag: "ack", attrs: { ...attrs, error: "463" } })).toEqual([
    { type: "nack", waMsgId: "3EB0", code: 463 },
  ]);
  expect(fromAck({ tag: "ack", attrs: {} })).toEqual([]);
});

test("the end of a connection has a code, or none", () => {
  const boom = Object.assign(new Error("Connection Terminated"), { output: { statusCode: 428 } });
  expect(fromClose(boom)).toEqual({ type: "closed", code: 428, reason: "Connection Terminated" });
  expect(fromClose(new Error("no answer"))).toEqual({ type: "closed", code: null, reason: "no answer" });
  expect(fromClose(undefined)).toEqual({ type: "closed", code: null, reason: "" });
});

test("of the two rows Baileys keeps of a pair, one is told", () => {
  expect(fromMappings({ "628123456789": "555123", "555123_reverse": "628123456789", "62899": null })).toEqual([
    { type: "identities", pairs: [{ pn: "pn:+628123456789", lid: "lid:555123" }] },
  ]);
  expect(fromMappings({})).toEqual([]);
});
