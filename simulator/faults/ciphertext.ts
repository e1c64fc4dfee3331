import type { BinaryNode } from "@whiskeysockets/baileys";
import { bytesOf, children } from "../wire/nodes.ts";
import type { Bundle } from "../world/signal.ts";

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  const last = copy.length - 1;
  // The end of a ciphertext is its MAC, the end of a signature its high scalar: either way nothing fits any more.
  copy[last] = (copy[last] ?? 0) ^ 1;
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
