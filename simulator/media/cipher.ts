import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Media } from "../world/schema.ts";

const MAC_BYTES = 10;

/** The purpose of the keys of each kind (`MEDIA_HKDF_KEY_MAPPING` of Baileys). */
const PURPOSE = { image: "Image", sticker: "Image", document: "Document", video: "Video", audio: "Audio" } as const;

const keysOf = (kind: Media["kind"], mediaKey: Uint8Array) => {
  const keys = Buffer.from(hkdfSync("sha256", mediaKey, Buffer.alloc(0), `WhatsApp ${PURPOSE[kind]} Keys`, 112));
  return { iv: keys.subarray(0, 16), cipherKey: keys.subarray(16, 48), macKey: keys.subarray(48, 80) };
};

const macOf = (macKey: Buffer, iv: Buffer, ciphertext: Uint8Array): Buffer =>
  createHmac("sha256", macKey).update(iv).update(ciphertext).digest().subarray(0, MAC_BYTES);

/** SHA-256, 32 bytes. */
export const digest = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** A file as WhatsApp stores it: AES-256-CBC ciphertext and 10 bytes of MAC. */
export const seal = (kind: Media["kind"], plain: Buffer, mediaKey: Buffer): Buffer => {
  const { iv, cipherKey, macKey } = keysOf(kind, mediaKey);
  const cipher = createCipheriv("aes-256-cbc", cipherKey, iv);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([ciphertext, macOf(macKey, iv, ciphertext)]);
};

/** The file inside. Throws when the MAC or the padding is wrong. */
export const unseal = (kind: Media["kind"], sealed: Buffer, mediaKey: Uint8Array): Buffer => {
  const { iv, cipherKey, macKey } = keysOf(kind, mediaKey);
  const ciphertext = sealed.subarray(0, -MAC_BYTES);
  const mac = sealed.subarray(-MAC_BYTES);
  if (mac.length !== MAC_BYTES || !timingSafeEqual(mac, macOf(macKey, iv, ciphertext))) {
    throw new Error("its MAC is wrong");
  }
  const decipher = createDecipheriv("aes-256-cbc", cipherKey, iv);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
};
