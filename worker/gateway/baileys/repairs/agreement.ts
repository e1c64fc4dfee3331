import "../quiet.ts";
import { createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { createRequire } from "node:module";

interface SignalCurve {
  calculateAgreement(theirs: Uint8Array, ours: Uint8Array): Buffer;
}
// libsignal is CommonJS, and its types leave `curve` out of the main module.
const { curve } = createRequire(import.meta.url)("libsignal") as { curve: SignalCurve };

const text = (raw: Uint8Array): string => Buffer.from(raw).toString("base64url");

/**
 * The X25519 agreement of two keys. libsignal's own gives the same 32 bytes but reads the keys as DER, which costs Node 20
 * half a millisecond each; a first message to somebody needs six. As JWK they cost a twentieth. A private JWK must name a
 * public key, but Node does not look at it for an agreement.
 * @param theirs 32 bytes, or 33 with the type in front
 */
export function agree(theirs: Uint8Array, ours: Uint8Array): Buffer {
  if ((theirs.length !== 32 && theirs.length !== 33) || ours.length !== 32) throw new Error("This is no X25519 key.");
  const key = { kty: "OKP", crv: "X25519" };
  const d = text(ours);
  return diffieHellman({
    privateKey: createPrivateKey({ format: "jwk", key: { ...key, d, x: d } }),
    publicKey: createPublicKey({ format: "jwk", key: { ...key, x: text(theirs.subarray(-32)) } }),
  });
}

/** Done when this module is loaded: the curve is one object that the whole library shares. */
curve.calculateAgreement = agree;
