import { expect, test } from "vitest";
import { newPhone } from "#tests/factories.ts";
import { simulatorUrl } from "#tests/simulator.ts";
import { readMedia } from "./media.ts";
import { readChats, writeFrom } from "./phones.ts";

const env = { whatsapp: "simulator", simulatorUrl: await simulatorUrl() } as const;
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

async function written(bytes: Uint8Array<ArrayBuffer>, type: string, name: string) {
  const [from, to] = [newPhone(), newPhone()];
  await writeFrom(env, { from, to, file: new File([bytes], name, { type }) });
  const [chat] = await readChats(env, { phone: to });
  const media = chat?.messages[0]?.media;
  if (!media) throw new Error("no media in the chat");
  return readMedia(env, { phone: to, sha256: media.sha256 });
}

test("a picture that somebody wrote is shown, as the very bytes", async () => {
  const answer = await written(new Uint8Array(PNG), "image/png", "dot.png");
  expect(answer.headers.get("content-type")).toBe("image/png");
  expect(answer.headers.get("content-disposition")).toBeNull();
  expect(Buffer.from(await answer.arrayBuffer()).equals(PNG)).toBe(true);
});

test("what could run in the page is only ever a download", async () => {
  const page = new TextEncoder().encode("<script>alert(1)</script>");
  for (const type of ["text/html", "image/svg+xml", "application/pdf"]) {
    const answer = await written(page, type, "page");
    expect(answer.headers.get("content-type")).toBe(type);
    expect(answer.headers.get("content-disposition")).toBe("attachment");
  }
});

test("a path that names no media of a phone is refused before anything is asked", async () => {
  const sha256 = "0".repeat(64);
  for (const of of [
    { phone: "../accounts", sha256 },
    { phone: newPhone(), sha256: "../../world" },
  ]) {
    await expect(readMedia(env, of)).rejects.toMatchObject({ code: "not_found" });
  }
});

test("beside the real WhatsApp there is no pretend phone", async () => {
  const live = { ...env, whatsapp: "live" } as const;
  await expect(readChats(live, { phone: newPhone() })).rejects.toMatchObject({ code: "not_found" });
});
