import { createHmac } from "node:crypto";
import type { Context } from "../service/context.ts";
import { type Fault, GraphRefusal } from "./errors.ts";
import { graphId } from "./numbers.ts";
import type { MediaReference } from "./rules.ts";
import type { GraphMedia } from "./schema.ts";

const MB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** An uploaded file can be sent for 30 days; one that a person sent is kept for 7. */
const UPLOADED_MS = 30 * DAY_MS;
const RECEIVED_MS = 7 * DAY_MS;
const URL_MS = 300_000;
const LINK_PATIENCE_MS = 10_000;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
export const ATTACHMENTS = "/whatsapp_business/attachments/";

const OFFICE = "application/vnd.openxmlformats-officedocument";
const types = (limit: number, ...names: string[]) => names.map((name): [string, number] => [name, limit]);
/** What may be uploaded, with the most bytes of each. */
const LIMITS = new Map([
  ...types(5 * MB, "image/jpeg", "image/png"),
  ...types(100 * MB, "application/pdf", "text/plain", "application/msword", "application/vnd.ms-excel"),
  ...types(100 * MB, "application/vnd.ms-powerpoint", `${OFFICE}.wordprocessingml.document`),
  ...types(100 * MB, `${OFFICE}.spreadsheetml.sheet`, `${OFFICE}.presentationml.presentation`),
  ...types(16 * MB, "audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg", "video/mp4", "video/3gpp"),
  ...types(500 * 1024, "image/webp"),
]);
export const LARGEST_MEDIA = 100 * MB;

const plainType = (type: string): string => (type.split(";")[0] ?? "").trim().toLowerCase();

/** What is wrong with a file of this type and size. */
const mediaFault = (type: string, bytes: number): Fault | undefined => {
  const limit = LIMITS.get(plainType(type));
  if (limit === undefined) {
    const list = [...LIMITS.keys()].join(", ");
    const details = `Param file must be a file with one of the following types: ${list}. Received file of type '${type}'.`;
    return { code: 100, details };
  }
  if (bytes <= limit) return undefined;
  return { code: 131_053, details: `A file of type ${type} may have ${limit} bytes; this one has ${bytes}.` };
};

/** Remembers a file whose bytes are in the vault. */
export const openMedia = (
  ctx: Context,
  appId: string,
  file: { mimeType: string; fileName: string | null; bytes: number; sha256: string },
  received: boolean,
): GraphMedia => {
  const expiresAt = ctx.clock.now() + (received ? RECEIVED_MS : UPLOADED_MS);
  const { mimeType, fileName, bytes, sha256 } = file;
  const media = { id: graphId(ctx, "media"), appId, mimeType: plainType(mimeType), fileName, bytes, sha256, expiresAt };
  ctx.store.business.media.set(media.id, media);
  ctx.store.touch();
  return media;
};

/** A file that an app uploaded or a person sent it, as long as it is kept. */
export const mediaOf = (ctx: Context, appId: string, id: string): GraphMedia | undefined => {
  const media = ctx.store.business.media.get(id);
  return media?.appId === appId && media.expiresAt > ctx.clock.now() ? media : undefined;
};

/** Takes an uploaded form: `messaging_product`, `type` and `file`. Throws GraphRefusal. */
export const takeUpload = async (ctx: Context, appId: string, form: FormData): Promise<{ id: string }> => {
  if (form.get("messaging_product") !== "whatsapp") {
    throw new GraphRefusal(100, { message: "(#100) The parameter messaging_product is required." });
  }
  const file = form.get("file");
  if (!(file instanceof File)) throw new GraphRefusal(100, { message: "(#100) The parameter file is required." });
  const type = form.get("type") ?? file.type;
  const mimeType = typeof type === "string" ? type : file.type;
  const fault = mediaFault(mimeType, file.size);
  if (fault?.code === 100) throw new GraphRefusal(100, { message: `(#100) ${fault.details}` });
  if (fault) throw new GraphRefusal(fault.code, { details: fault.details });
  const bytes = Buffer.from(await file.arrayBuffer());
  const sha256 = await ctx.media.pictures.put(bytes);
  const { id } = openMedia(ctx, appId, { mimeType, fileName: file.name || null, bytes: bytes.length, sha256 }, false);
  return { id };
};

const hashOf = (ctx: Context, id: string, expires: string): string =>
  createHmac("sha256", ctx.store.secret).update(`media\n${id}\n${expires}`).digest("base64url");

/** What `GET /{media-id}` answers. The URL is good for five minutes. */
export const mediaView = (ctx: Context, media: GraphMedia, origin: string): object => {
  const expires = String(Math.floor((ctx.clock.now() + URL_MS) / 1000));
  const query = new URLSearchParams({ mid: media.id, ext: expires, hash: hashOf(ctx, media.id, expires) });
  return {
    url: `${origin}${ATTACHMENTS}?${query}`,
    mime_type: media.mimeType,
    sha256: media.sha256,
    file_size: media.bytes,
    id: media.id,
    messaging_product: "whatsapp",
  };
};

/** The file behind such a URL; undefined when the URL is old or not ours, or another app asks. */
export const downloaded = async (
  ctx: Context,
  appId: string,
  query: { mid?: string | undefined; ext?: string | undefined; hash?: string | undefined },
): Promise<{ media: GraphMedia; bytes: Buffer } | undefined> => {
  const { mid = "", ext = "", hash } = query;
  if (hash !== hashOf(ctx, mid, ext) || Number(ext) * 1000 < ctx.clock.now()) return undefined;
  const media = mediaOf(ctx, appId, mid);
  const bytes = media && (await ctx.media.pictures.read(media.sha256));
  return media && bytes ? { media, bytes } : undefined;
};

const FAMILIES = { image: /^image\/(jpeg|png)$/, document: /./, video: /^video\// };
export type SendableKind = keyof typeof FAMILIES;

/** What is wrong with sending this file as an image, a document or a video. */
const kindFault = (kind: SendableKind, mimeType: string): Fault | undefined =>
  FAMILIES[kind].test(mimeType)
    ? undefined
    : { code: 131_053, details: `A ${mimeType} file cannot be sent as ${kind}.` };

const fetchLink = async (ctx: Context, appId: string, link: string): Promise<Fault | GraphMedia> => {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || !LOOPBACK.has(url.hostname)) {
    return { code: 131_053, details: "This simulator fetches media only from http(s) links to loopback." };
  }
  const failed = (why: string): Fault => ({ code: 131_053, details: `Downloading media from weblink failed: ${why}` });
  try {
    const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(LINK_PATIENCE_MS) });
    if (!response.ok) return failed(`http code ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const mimeType = response.headers.get("content-type") ?? "application/octet-stream";
    const fault = mediaFault(mimeType, bytes.length);
    if (fault) return { code: 131_053, details: fault.details };
    const fileName = decodeURIComponent(url.pathname.split("/").at(-1) ?? "") || null;
    const sha256 = await ctx.media.pictures.put(bytes);
    return openMedia(ctx, appId, { mimeType, fileName, bytes: bytes.length, sha256 }, false);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
};

/** Refuses an id that is not there: that is known at once, unlike a link that does not answer. */
export const checkReference = (ctx: Context, appId: string, reference: MediaReference): void => {
  if (reference.id === undefined || mediaOf(ctx, appId, reference.id)) return;
  throw new GraphRefusal(131_009, { details: `There is no media ${reference.id}, or it has expired.` });
};

/** The file to send: by id, or fetched from its link. A fault comes as a failed status. */
export const resolveMedia = async (
  ctx: Context,
  appId: string,
  kind: SendableKind,
  reference: MediaReference,
): Promise<Fault | GraphMedia> => {
  const found = reference.id === undefined ? undefined : mediaOf(ctx, appId, reference.id);
  const media = found ?? (await fetchLink(ctx, appId, reference.link ?? ""));
  if ("code" in media) return media;
  const fault = kindFault(kind, media.mimeType);
  if (fault) return fault;
  if (!reference.filename || reference.filename === media.fileName) return media;
  return openMedia(ctx, appId, { ...media, fileName: reference.filename }, false);
};
