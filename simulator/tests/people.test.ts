import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, leave, link, receiptsOf, textsOf, until } from "./baileys.ts";

const ACCOUNT = "+628110000001";
let simulator: SpawnedSimulator;
let client: BaileysClient;

const jid = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;
const send = async (phone: string, text: string): Promise<string> => {
  const id = (await client.sock.sendMessage(jid(phone), { text }))?.key.id;
  if (!id) throw new Error("the message got no id");
  return id;
};
const textsOn = async (phone: string) =>
  (await simulator.client.phoneChats(phone)).flatMap((chat) => chat.messages.map(({ text }) => text));

beforeAll(async () => {
  simulator = await spawnSimulator();
  client = await link(simulator.client, ACCOUNT);
  await simulator.client.setDelays(ACCOUNT, { deliveredMs: 10, readMs: 20 });
});
afterAll(async () => {
  await client.sock.end(undefined);
  await simulator.stop();
});

describe("a phone that is off", () => {
  const PHONE = "+5511900000001";

  it("gets its messages when it is on again, and only then tells that it has them", async () => {
    await simulator.client.setPhone(PHONE, { online: false });
    const ids = [await send(PHONE, "one"), await send(PHONE, "two")];
    await until("the acks", () => ids.every((id) => client.seen.acks.some((ack) => ack.id === id)));
    await simulator.client.advance(60_000);
    expect(await textsOn(PHONE)).toEqual([]);
    expect(ids.flatMap((id) => receiptsOf(client, id)).filter((type) => type !== "sender")).toEqual([]);
    await simulator.client.setPhone(PHONE, { online: true });
    await until("the receipts", () => ids.every((id) => receiptsOf(client, id).includes("read")));
    expect(await textsOn(PHONE)).toEqual(["one", "two"]);
  });
});

describe("a person who installs WhatsApp anew", () => {
  const PHONE = "+5511900000002";

  it("can be written to: the client is told of the new identity", async () => {
    const before = await send(PHONE, "to the old phone");
    await until("the first receipt", () => receiptsOf(client, before).includes("delivered"));
    expect(await simulator.client.reinstall(PHONE)).toMatchObject({ generation: 1 });
    await simulator.client.waitUntil({ for: "confirmed", phone: ACCOUNT });
    const after = await send(PHONE, "to the new phone");
    await until("the receipt of the new phone", () => receiptsOf(client, after).includes("delivered"));
    expect(await textsOn(PHONE)).toEqual(["to the old phone", "to the new phone"]);
  });

  it("gets what was written with the old keys after asking for it again", async () => {
    await simulator.client.setPhone(PHONE, { online: false });
    const id = await send(PHONE, "on its way while the phone is replaced");
    await simulator.client.reinstall(PHONE);
    await simulator.client.setPhone(PHONE, { online: true });
    await until("the receipt", () => receiptsOf(client, id).includes("delivered"));
    expect(receiptsOf(client, id)).toContain("retry");
    expect(await textsOn(PHONE)).toContain("on its way while the phone is replaced");
  });

  it("can write to the client again", async () => {
    await simulator.client.write(PHONE, ACCOUNT, "it is me, on a new phone");
    await until("the text", () => textsOf(client).some(({ text }) => text === "it is me, on a new phone"));
  });

  it("whose phone has linked devices loses them all", async () => {
    const other = "+628110000002";
    const linked = await link(simulator.client, other);
    await simulator.client.reinstall(other);
    expect(await until("the logout", () => linked.seen.closed)).toBe(401);
    expect((await simulator.client.account(other)).devices).toEqual([]);
  });
});

describe("a number", () => {
  it("that people spell in another way is found under the spelling WhatsApp knows", async () => {
    await simulator.client.setPhone("+5511900000003", { aliasOf: "+551100000003" });
    expect(await client.sock.onWhatsApp("+5511900000003")).toEqual([
      { jid: "551100000003@s.whatsapp.net", exists: true },
    ]);
  });

  it("without WhatsApp is left out of the answer, and a message to it is refused", async () => {
    const nobody = "+5511900000004";
    await simulator.client.setPhone(nobody, { onWhatsApp: false });
    expect(await client.sock.onWhatsApp(nobody)).toEqual([]);
    await client.sock.sendMessage(jid(nobody), { text: "hello?" }).catch(() => undefined);
    expect(await textsOn(nobody)).toEqual([]);
  });
});

describe("privacy", () => {
  it("settings are kept, and the client's next question gets them", async () => {
    await client.sock.updateReadReceiptsPrivacy("none");
    expect(await client.sock.fetchPrivacySettings(true)).toMatchObject({ readreceipts: "none", last: "all" });
    await client.sock.updateReadReceiptsPrivacy("all");
  });

  it("a blocked person's messages do not arrive, and arrive again when unblocked", async () => {
    const pest = "+5511900000005";
    await client.sock.updateBlockStatus(jid(pest), "block");
    expect(await client.sock.fetchBlocklist()).toHaveLength(1);
    await simulator.client.write(pest, ACCOUNT, "buy now");
    await client.sock.updateBlockStatus(jid(pest), "unblock");
    expect(await client.sock.fetchBlocklist()).toEqual([]);
    await simulator.client.write(pest, ACCOUNT, "sorry");
    await until("the second text", () => textsOf(client).some(({ text }) => text === "sorry"));
    expect(textsOf(client).map(({ text }) => text)).not.toContain("buy now");
  });
});

describe("one seed", () => {
  it("makes the same ids, lids and keys in every run", async () => {
    const draw = async () => {
      const run = await spawnSimulator({ seed: "four" });
      await run.client.openAccount(ACCOUNT);
      const { id } = await run.client.write("+5511900000006", ACCOUNT, "hi");
      const { publicKey } = await run.client.trust();
      await run.stop();
      return { id, publicKey };
    };
    const [first, second] = [await draw(), await draw()];
    expect(second).toEqual(first);
    expect((await simulator.client.trust()).publicKey).not.toBe(first.publicKey);
  });
});

describe("the world", () => {
  it("waits for what is to come, and says what did not", async () => {
    const coming = simulator.client.waitUntil({ for: "message", phone: "+5511900000007", text: "soon" });
    await send("+5511900000007", "soon");
    expect(await coming).toMatchObject({ with: ACCOUNT, message: { text: "soon" } });
    const never = simulator.client.waitUntil({ for: "message", phone: "+5511900000007", text: "never" }, 50);
    await expect(never).rejects.toMatchObject({ status: 408 });
  });

  it("begins anew on reset: nobody is linked, and the root stays", async () => {
    const { publicKey } = await simulator.client.trust();
    await leave(simulator.client, ACCOUNT, client);
    expect(await simulator.client.reset()).toMatchObject({ accounts: 0, phones: 0, aheadMs: 0 });
    expect((await simulator.client.trust()).publicKey).toBe(publicKey);
    client = await link(simulator.client, ACCOUNT);
  });
});
