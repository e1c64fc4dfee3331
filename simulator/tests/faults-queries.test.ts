import type { BinaryNode } from "@whiskeysockets/baileys";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { until } from "./baileys.ts";
import { ACCOUNT, oneAccount } from "./one-account.ts";

const scene = oneAccount();
const NET = "@s.whatsapp.net";
const question = (xmlns: string | undefined, content: BinaryNode[] = []): BinaryNode => ({
  tag: "iq",
  attrs: { to: NET, type: "get", ...(xmlns && { xmlns }) },
  content,
});
const ask = (xmlns: string | undefined, content?: BinaryNode[]) => scene.client.sock.query(question(xmlns, content));
const noted = async (what: string, text: string) =>
  (await scene.simulator.journal()).filter((entry) => entry.what === what && entry.text.includes(text));

describe("a slow server", () => {
  it("answers every question late, and holds nothing up behind it", async () => {
    await scene.ackOf(await scene.send());
    await scene.simulator.setFaults(ACCOUNT, { slow: { queryMs: 600_000 } });
    let answered = 0;
    const answers = ["w:p", "urn:xmpp:ping"].map(async (each) => {
      await ask(each);
      answered += 1;
    });
    // Its message is read after the questions.
    await scene.ackOf(await scene.send());
    expect(answered).toBe(0);
    await scene.simulator.advance(600_000);
    await Promise.all(answers);
    expect((await scene.struck()).slow).toBeGreaterThanOrEqual(2);
  });
});

it("refuses questions for devices and keys as often as it is told to, and no other", async () => {
  await scene.simulator.setFaults(ACCOUNT, { failQueries: { code: 503, count: 1 } });
  await ask("w:p");
  await expect(scene.client.sock.onWhatsApp("+628123450000")).rejects.toMatchObject({ data: 503 });
  await scene.client.sock.onWhatsApp("+628123450000");
  expect((await scene.struck()).failQueries).toBe(1);
});

describe("what the simulator does not have", () => {
  it("is refused by name and written down", async () => {
    await expect(ask("w:biz:catalog")).rejects.toMatchObject({ data: 501 });
    const [entry] = await noted("unknown question", "w:biz:catalog");
    expect(entry).toMatchObject({ account: ACCOUNT });
  });

  it("is an error of the query language when it is a stored query", async () => {
    await expect(scene.client.sock.newsletterSubscribers("1@newsletter")).rejects.toThrow("Unknown query");
    expect(await noted("unknown question", "9783111038412085")).toHaveLength(1);
  });

  it("is a malformed question when its parts are missing", async () => {
    for (const xmlns of ["usync", "encrypt", "w:mex", "w:m", "privacy", undefined]) {
      await expect(ask(xmlns)).rejects.toMatchObject({ data: 400 });
    }
    expect(await noted("refused", "<iq")).toHaveLength(6);
  });

  it("is acked and written down when it is a stanza, a receipt or an ack of an unknown kind", async () => {
    const { sock } = scene.client;
    const say = (tag: string, attrs: Record<string, string>) => sock.sendNode({ tag, attrs: { to: NET, ...attrs } });
    const heard: string[] = [];
    sock.ws.on("CB:ack", ({ attrs }: BinaryNode) => heard.push(`${attrs.class} ${attrs.id}`));
    await say("call", { id: "c1" });
    await say("receipt", { id: "r1", type: "view" });
    await say("ack", { id: "a1", class: "call" });
    await say("receipt", { id: "r2", type: "retry" });
    await until("the acks", () => heard.includes("receipt r2"));
    expect(heard).toEqual(["call c1", "receipt r1", "receipt r2"]);
    for (const id of ["c1", "r1", "a1"]) expect(await noted("unknown stanza", `'${id}'`)).toHaveLength(1);
    expect(await noted("undecryptable", "r2")).toHaveLength(1);
  });
});

describe("a reset", () => {
  it("ends every fault, limit and tampering, and lets go of what hangs", async () => {
    const { simulator } = scene;
    await simulator.setFaults(ACCOUNT, { loseAcks: { probability: 1 }, hangUpgrade: { count: 5 } });
    await simulator.setTampering({ noiseRoot: 3, signalMessage: 2 });
    await simulator.setLimits(ACCOUNT, { reachout: { forMs: 60_000 } });
    const hanging = new WebSocket(simulator.webSocketUrl);
    const failed = new Promise((resolve) => hanging.once("error", resolve));
    await until("it to hang", async () => (await scene.struck()).hangUpgrade === 1);
    await simulator.reset();
    await failed;
    await simulator.openAccount(ACCOUNT);
    expect((await simulator.account(ACCOUNT)).faults).toEqual({});
    expect(await simulator.limits(ACCOUNT)).toEqual({ reachout: null, newChats: null });
    expect(await simulator.tampering()).toEqual({});
    await scene.link();
  });
});
