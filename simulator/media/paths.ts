import { timingSafeEqual } from "node:crypto";
import { isPhone } from "../wire/jids.ts";
import { derive } from "../wire/keys.ts";
import type { Media } from "../world/schema.ts";

/** The folders clients upload to, as Baileys names them (`MEDIA_PATH_MAP`). */
const FOLDERS = ["image", "video", "document", "audio", "md-app-state"] as const;
export type Folder = (typeof FOLDERS)[number];

const digestOf = (token: string): string | undefined => {
  const digest = Buffer.from(token, "base64url");
  return digest.length === 32 && digest.toString("base64url") === token ? digest.toString("hex") : undefined;
};

/** The folder of a kind of media. */
export const folderOf = (kind: Media["kind"]): Folder => (kind === "sticker" ? "image" : kind);

/** What `media_conn` gives an account to upload with; it says whose it is. */
export const uploadAuth = (secret: Buffer, phone: string): string =>
  `${phone.slice(1)}.${derive(secret, "media auth", phone).toString("base64url")}`;

/** Whose upload this is; undefined when the auth is not one of ours. */
export const accountOfAuth = (secret: Buffer, auth: string): string | undefined => {
  const phone = `+${auth.split(".")[0]}`;
  if (!isPhone(phone)) return undefined;
  const [given, right] = [Buffer.from(auth), Buffer.from(uploadAuth(secret, phone))];
  return given.length === right.length && timingSafeEqual(given, right) ? phone : undefined;
};

/** The folder and the SHA-256 (hex) that an upload announces in its path, `/mms/image/<base64url>`. */
export const readUploadPath = (path: string): { folder: Folder; sha256: string } | undefined => {
  const [, name, token = ""] = /^\/mms\/([^/]+)\/([\w-]+)$/.exec(path) ?? [];
  const folder = FOLDERS.find((each) => each === name);
  const sha256 = digestOf(token);
  return folder && sha256 ? { folder, sha256 } : undefined;
};

/**
 * The direct path of an upload (SHA-256 in hex). `account` is whose client is meant to fetch it, or uploaded it: its
 * `failDownloads` strikes there.
 */
export const directPath = (folder: Folder, sha256: string, account?: string): string => {
  const path = `/v/${folder}/${Buffer.from(sha256, "hex").toString("base64url")}.enc`;
  return account ? `${path}?for=${account.slice(1)}` : path;
};

/** The SHA-256 (hex) of the upload at a direct path. */
export const readDirectPath = (path: string): string | undefined => {
  const [, token = ""] = /^\/v\/[a-z-]+\/([\w-]+)\.enc(?:\?|$)/.exec(path) ?? [];
  return digestOf(token);
};
