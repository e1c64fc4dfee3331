import type { BinaryNode } from "@whiskeysockets/baileys";
import { bytesOf, children } from "../wire/nodes.ts";
import type { Bundle } from "../world/signal.ts";

/** From the end: behind it a first message still names keys, which a reader may overlook; this byte is under the MAC. */
const FLIPPED = 12;

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  const at = copy.length - FLIPPED;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

/** The stanza with one byte of each ciphertext flipped; what is kept of it stays whole. */
export const spoiled = (stanza: BinaryNode): BinaryNode => ({
  ...stanza,
  content: children(stanza).map((child) => {
    const bytes = child.tag === "enc" ? bytesOf(child) : undefined;
    return bytes ? { ...child, content: flipped(bytes) } : child;
  }),
});

/** The bundle with a signed pre-key that its identity did not sign. */
export const forgedBundle = (bundle: Bundle): Bundle => ({
  ...bundle,
  signed: { ...bundle.signed, signature: flipped(bundle.signed.signature) },
});
