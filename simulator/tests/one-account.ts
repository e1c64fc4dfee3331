import type { UserFacingSocketConfig } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, connect, link, ready, until } from "./baileys.ts";

export const ACCOUNT = "+6281500000001";
export const CONTACT = "+5531900000001";
export const JID = "5531900000001@s.whatsapp.net";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One account with one linked client on a simulator of its own; before each test no faults, acks at once, few receipts. */
export const oneAccount = () => {
  let simulator: SpawnedSimulator | undefined;
  let client: BaileysClient | undefined;
  const there = <T>(made: T | undefined): T => {
    if (made === undefined) throw new Error("only inside a test");
    return made;
  };
  const scene = {
    get simulator() {
      return there(simulator).client;
    },
    get url() {
      return there(simulator).url;
    },
    get client() {
      return there(client);
    },
    link: async () => {
      client = await link(scene.simulator, ACCOUNT);
    },
    reconnect: async (options: Partial<UserFacingSocketConfig> = {}) => {
      client = await ready(connect(scene.simulator, scene.client.auth, options));
    },
    send: async (messageId?: string, jid = JID) => {
      const sent = await scene.client.sock.sendMessage(jid, { text: "uji" }, messageId ? { messageId } : {});
      return sent?.key.id ?? "";
    },
    /** What the server knows of a message to the contact. */
    record: async (id: string) =>
      (await scene.simulator.sent(ACCOUNT))
        .find(({ phone }) => phone === CONTACT)
        ?.messages.find((each) => each.id === id),
    /** What the contact's phone shows. */
    shown: async (id: string) =>
      (await scene.simulator.phoneChats(CONTACT))[0]?.messages.filter((each) => each.id === id) ?? [],
    acksOf: (id: string) => scene.client.seen.acks.filter((ack) => ack.id === id),
    ackOf: (id: string) => until("the ack", () => scene.acksOf(id)[0]),
    closed: () => until("the end of the connection", () => scene.client.seen.closed),
    /** How often each fault struck, by name. */
    struck: async () => {
      const times: Record<string, number> = {};
      for (const { what, text } of await scene.simulator.journal()) {
        const name = what === "fault" ? (text.split(" ")[0] ?? "") : "";
        if (name) times[name] = (times[name] ?? 0) + 1;
      }
      return times;
    },
  };
  beforeAll(async () => {
    simulator = await spawnSimulator({ seed: "one account" });
    await scene.link();
  });
  afterAll(() => simulator?.stop());
  beforeEach(async () => {
    await scene.simulator.clearFaults(ACCOUNT);
    await fetch(`${scene.url}/journal`, { method: "DELETE" });
    await scene.simulator.setDelays(ACCOUNT, { ackMs: 0, deliveredMs: 10, readMs: null });
  });
  return scene;
};
