import { type Context, Hono } from "hono";
import { stream } from "hono/streaming";
import { isId } from "#db/ids.ts";
import { exportCampaign } from "./campaigns/export.ts";
import type { SignedInUser } from "./context.ts";
import { readMedia } from "./dev-phone/media.ts";
import { DomainError } from "./errors.ts";
import type { App } from "./http.ts";
import { rejectedRowsCsv } from "./imports/queries.ts";
import { withUser } from "./users/with-user.ts";
import { qrPng } from "./wa/qr-png.ts";

/** What a browser or a script fetches as a file. */
export const downloads = new Hono<App>();

downloads.get("/campaigns/:id/export.csv", (c) => {
  const { db } = c.get("api");
  return csv(c, "campaign-results.csv", exportCampaign(db, signedIn(c).id, c.req.param("id")));
});

downloads.get("/contacts/imports/:id/rejected.csv", (c) => {
  const { db } = c.get("api");
  const user = signedIn(c);
  const id = c.req.param("id");
  if (!isId("import", id)) throw new DomainError("not_found");
  return csv(c, "rejected-rows.csv", rejectedRowsCsv(db, user.id, id));
});

downloads.get("/link/:id/qr.png", async (c) => {
  const user = signedIn(c);
  const png = await withUser(c.get("api").db, user.id, (tx) => qrPng(tx, user.id, c.req.param("id")));
  return c.body(new Uint8Array(png), 200, { "content-type": "image/png", "cache-control": "no-store" });
});

downloads.get("/dev/phone/:phone/media/:sha256", (c) => {
  signedIn(c);
  return readMedia(c.get("api").env, c.req.param());
});

function signedIn(c: Context<App>): SignedInUser {
  const { user } = c.get("api");
  if (!user) throw new DomainError("not_signed_in");
  return user;
}

/** Streams lines; the first one is awaited before the headers leave, so that a refusal is still a proper answer. */
async function csv(c: Context<App>, fileName: string, lines: AsyncGenerator<string>): Promise<Response> {
  const first = await lines.next();
  c.header("content-type", "text/csv; charset=utf-8");
  c.header("content-disposition", `attachment; filename="${fileName}"`);
  return stream(c, async (out) => {
    if (!first.done) await out.write(first.value);
    for await (const line of lines) await out.write(line);
  });
}
