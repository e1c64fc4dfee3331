import "../quiet.ts";
import { Agent } from "node:https";
import {
  type AuthenticationState,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  getWAUploadToServer,
  type MediaConnInfo,
  prepareWAMessageMedia,
  proto,
  S_WHATSAPP_NET,
} from "@whiskeysockets/baileys";
import sharp from "sharp";
import { z } from "zod";
import type { OutboundFile } from "#server/media/uploads.ts";
import type { quietLogger } from "../quiet.ts";

/** A connection that moves no byte for so long is given up. */
const SILENT_MS = 30_000;
/** It goes to every recipient, within the message: WhatsApp's own are of this size. */
const THUMBNAIL_PX = 100;

const mediaConn = z.object({ auth: z.string(), ttl: z.coerce.number() });
const mediaHost = z.object({ hostname: z.string(), maxContentLengthBytes: z.coerce.number().default(0) });

interface MediaSocket {
  query(node: BinaryNode): Promise<BinaryNode>;
}

/**
 * Uploads files over one connection. Where to, WhatsApp says (`media_conn`) and says anew after the answer's time; Baileys
 * asks by itself too, but remembers a question that failed for as long as the connection lives.
 * @param options.ca whose certificates the media servers have (PEM); undefined: those everybody trusts
 */
export function mediaUploads(
  sock: MediaSocket,
  { ca, auth, logger }: { ca: string | undefined; auth: AuthenticationState; logger: ReturnType<typeof quietLogger> },
): (file: OutboundFile) => Promise<Uint8Array> {
  let known: MediaConnInfo | undefined;
  async function whereTo(anew: boolean): Promise<MediaConnInfo> {
    if (known && !anew && Date.now() - known.fetchDate.getTime() < known.ttl * 1_000) return known;
    const attrs = { type: "set", xmlns: "w:m", to: S_WHATSAPP_NET };
    const answer = await sock.query({ tag: "iq", attrs, content: [{ tag: "media_conn", attrs: {} }] });
    const node = getBinaryNodeChild(answer, "media_conn");
    const { auth, ttl } = mediaConn.parse(node?.attrs);
    const hosts = getBinaryNodeChildren(node, "host").map((host) => mediaHost.parse(host.attrs));
    known = { auth, ttl, hosts, fetchDate: new Date() };
    return known;
  }
  const upload = getWAUploadToServer(
    {
      ...DEFAULT_CONNECTION_CONFIG,
      auth,
      logger,
      ...(ca === undefined ? {} : { fetchAgent: new Agent({ ca }) }),
    },
    whereTo,
  );
  return async (file) => {
    const message = await prepareWAMessageMedia(await contentOf(file), {
      upload,
      logger,
      mediaUploadTimeoutMs: SILENT_MS,
    });
    return proto.Message.encode(message).finish();
  };
}

async function contentOf({ kind, fileName, mimeType: mimetype, bytes, width, height, thumbnail }: OutboundFile) {
  if (kind === "document") return { document: bytes, mimetype, fileName };
  const jpegThumbnail = thumbnail ? { jpegThumbnail: (await smaller(thumbnail)).toString("base64") } : {};
  const size = width && height ? { width, height } : {};
  return { image: bytes, mimetype, ...jpegThumbnail, ...size };
}

const smaller = (jpeg: Buffer) =>
  sharp(jpeg)
    .resize({ width: THUMBNAIL_PX, height: THUMBNAIL_PX, fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: 55 })
    .toBuffer();
