import { Readable } from "node:stream";
import { type Context, Hono } from "hono";
import { type Id, isId } from "#db/ids.ts";
import { DomainError } from "../errors.ts";
import type { App } from "../http.ts";
import { openMedia } from "./deps.ts";
import { openFile, readThumbnail } from "./queries.ts";

/** A user's own files, for their browser: a thumbnail to look at, the file as a download. */
export const mediaFiles = new Hono<App>();

mediaFiles.get("/media/:id/thumbnail", async (c) => {
  const { userId, id } = asked(c);
  const jpeg = await readThumbnail(c.get("api").db, userId, id);
  return c.body(new Uint8Array(jpeg), 200, {
    "content-type": "image/jpeg",
    "cache-control": "private, max-age=86400, immutable",
  });
});

mediaFiles.get("/media/:id/file", async (c) => {
  const { db, env } = c.get("api");
  const { userId, id } = asked(c);
  const { fileName, mimeType, bytes, stream } = await openFile(db, openMedia(env), userId, id);
  // Node's and the DOM's stream are the same thing under two types.
  return c.body(Readable.toWeb(stream) as ReadableStream, 200, {
    "content-type": mimeType,
    "content-length": String(bytes),
    "content-disposition": attachment(fileName),
  });
});

/** RFC 6266: the plain name for old browsers, the true one in UTF-8. */
function attachment(fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function asked(c: Context<App>): { userId: Id<"user">; id: Id<"media"> } {
  const { user } = c.get("api");
  if (!user) throw new DomainError("not_signed_in");
  const id = c.req.param("id");
  if (!isId("media", id)) throw new DomainError("not_found");
  return { userId: user.id, id };
}
