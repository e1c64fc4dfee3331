import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { until } from "./baileys.ts";
import { business, idOf, type TestBusiness } from "./graph.ts";

const BUSINESS = "+6281800000031";
const PERSON = "+5564900000001";
const DAY_MS = 86_400_000;
const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

const uploadSchema = z.object({ id: z.string().optional(), error: z.object({ code: z.number() }).optional() });
const mediaSchema = z.object({ url: z.string(), mime_type: z.string(), sha256: z.string(), file_size: z.number() });

let simulator: SpawnedSimulator;
let shop: TestBusiness;

beforeAll(async () => {
  simulator = await spawnSimulator();
  shop = await business(simulator, { phone: BUSINESS });
  await simulator.client.write(PERSON, BUSINESS, "halo");
});
afterAll(async () => {
  shop.receiver.close();
  await simulator.stop();
});

const bearer = (token = shop.own.accessToken) => ({ authorization: `Bearer ${token}` });
const upload = async (bytes: Buffer, type: string, name = "file", product = "whatsapp") => {
  const form = new FormData();
  form.set("messaging_product", product);
  form.set("type", type);
  form.set("file", new File([new Uint8Array(bytes)], name, { type }));
  const url = `${simulator.url}/v25.0/${shop.own.phoneNumberId}/media`;
  const response = await fetch(url, { method: "POST", headers: bearer(), body: form });
  return uploadSchema.parse(await response.json());
};
const uploaded = async (bytes: Buffer, type: string, name?: string) => {
  const { id, error } = await upload(bytes, type, name);
  return id ?? expect.fail(`refused: ${error?.code}`);
};
const shownMedia = async (id: string) => {
  const chats = await simulator.client.phoneChats(PERSON);
  return chats.flatMap(({ messages }) => messages).find((each) => each.id === id);
};
const described = async (id: string) => mediaSchema.parse((await shop.call("GET", id)).body);

describe("an uploaded file", () => {
  it("is sent as an image with a caption, and the phone shows its very bytes", async () => {
    const id = await uploaded(PNG, "image/png", "foto.png");
    const sent = idOf(await shop.post({ to: PERSON, type: "image", image: { id, caption: "lihat" } }));
    await shop.status(sent, "delivered");
    const message = await shownMedia(sent);
    expect(message).toMatchObject({
      text: "lihat",
      media: { kind: "image", mimeType: "image/png", bytes: PNG.length },
    });
    expect(await simulator.client.media(PERSON, message?.media?.sha256 ?? "")).toEqual(PNG);
  });

  it("is sent as a document under another name", async () => {
    const id = await uploaded(Buffer.from("%PDF-1.4"), "application/pdf", "a.pdf");
    const document = { id, filename: "Tagihan Mei.pdf", caption: "terlampir" };
    const sent = idOf(await shop.post({ to: PERSON, type: "document", document }));
    await shop.status(sent, "delivered");
    expect(await shownMedia(sent)).toMatchObject({ media: { kind: "document", fileName: "Tagihan Mei.pdf" } });
  });

  it.each<[string, Buffer, string, number]>([
    ["of a type nobody may send", PNG, "image/gif", 100],
    ["an image beyond 5 MB", Buffer.alloc(5 * 1024 * 1024 + 1), "image/jpeg", 131_053],
    ["a film beyond 16 MB", Buffer.alloc(16 * 1024 * 1024 + 1), "video/mp4", 131_053],
  ])("%s is refused", async (_, bytes, type, code) => {
    expect((await upload(bytes, type)).error?.code).toBe(code);
  });

  it("of 30 MB is taken as a document, but not without messaging_product", async () => {
    await uploaded(Buffer.alloc(30 * 1024 * 1024), "application/pdf", "besar.pdf");
    expect((await upload(PNG, "image/png", "x", "telegram")).error?.code).toBe(100);
  });

  it("that is a document cannot be sent as an image: failed with 131053", async () => {
    const id = await uploaded(Buffer.from("teks"), "text/plain");
    const sent = idOf(await shop.post({ to: PERSON, type: "image", image: { id } }));
    expect(await shop.status(sent, "failed")).toMatchObject({ errors: [{ code: 131_053 }] });
  });

  it("is described with an address that is good for five minutes, for its own app alone", async () => {
    const id = await uploaded(PNG, "image/png");
    const media = await described(id);
    expect(media).toMatchObject({ mime_type: "image/png", file_size: PNG.length });
    expect(media.sha256).toBe(createHash("sha256").update(PNG).digest("hex"));
    const other = await simulator.client.openBusinessNumber({ phone: "+6281800000032" });
    expect((await fetch(media.url)).status).toBe(400);
    expect((await fetch(media.url, { headers: bearer(other.accessToken) })).status).toBe(404);
    expect((await fetch(`${media.url}x`, { headers: bearer() })).status).toBe(404);
    const found = await fetch(media.url, { headers: bearer() });
    expect(found.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await found.arrayBuffer())).toEqual(PNG);
    await simulator.client.advance(301_000);
    expect((await fetch(media.url, { headers: bearer() })).status).toBe(404);
  });

  it("is gone when it is deleted, and after 30 days", async () => {
    const id = await uploaded(PNG, "image/png");
    expect((await shop.call("DELETE", id)).body).toEqual({ success: true });
    expect((await shop.call("GET", id)).body.error).toMatchObject({ code: 100, error_subcode: 33 });
    const old = await uploaded(PNG, "image/png");
    await simulator.client.advance(30 * DAY_MS);
    const refused = await shop.post({ to: PERSON, type: "image", image: { id: old } });
    expect(refused.body.error?.code).toBe(131_009);
    await simulator.client.write(PERSON, BUSINESS, "halo lagi");
  });
});

describe("a link", () => {
  it("on loopback is fetched; one that answers with an error, or leads elsewhere, fails by webhook", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/foto.png") response.writeHead(200, { "content-type": "image/png" }).end(PNG);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // A listening TCP server always has an address with a port.
    const { port } = server.address() as AddressInfo;
    const send = async (link: string) => idOf(await shop.post({ to: PERSON, type: "image", image: { link } }));
    const good = await send(`http://127.0.0.1:${port}/foto.png`);
    await shop.status(good, "delivered");
    expect(await shownMedia(good)).toMatchObject({ media: { bytes: PNG.length } });
    for (const link of [`http://127.0.0.1:${port}/tidak-ada.png`, "https://example.com/foto.png"]) {
      expect(await shop.status(await send(link), "failed")).toMatchObject({ errors: [{ code: 131_053 }] });
    }
    server.close();
  });
});

describe("a file from a person", () => {
  it("comes with an id that is good for seven days, and its hash as base64", async () => {
    const media = { kind: "document", mimeType: "application/pdf", fileName: "bukti.pdf", data: PNG } as const;
    const { id } = await simulator.client.send(PERSON, BUSINESS, { text: "bukti", media });
    const message = await until("the document", () => shop.receiver.messages().find((each) => each.id === id));
    const sha256 = createHash("sha256").update(PNG);
    expect(message).toMatchObject({
      type: "document",
      document: {
        mime_type: "application/pdf",
        filename: "bukti.pdf",
        caption: "bukti",
        sha256: sha256.digest("base64"),
      },
    });
    const { document } = z.object({ document: z.object({ id: z.string() }) }).parse(message);
    const { url } = await described(document.id);
    expect(Buffer.from(await (await fetch(url, { headers: bearer() })).arrayBuffer())).toEqual(PNG);
    await simulator.client.advance(7 * DAY_MS);
    expect((await shop.call("GET", document.id)).body.error?.code).toBe(100);
  });
});
