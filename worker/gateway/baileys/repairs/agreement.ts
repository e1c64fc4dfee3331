import "../quiet.ts";
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from "node:crypto";
import { createRequire } from "node:module";

interface SignalCurve {
  calculateAgreement(theirs: Uint8Array, ours: Uint8Array): Buffer;
  generateKeyPair(): KeyPair;
}
interface KeyPair {
  /** 33 bytes: the type, 5, in front. */
  pubKey: Buffer;
  privKey: Buffer;
}
// libsignal is CommonJS, and its types leave `curve` out of the main module.
const { curve } = createRequire(import.meta.url)("libsignal") as { curve: SignalCurve };

const text = (raw: Uint8Array): string => Buffer.from(raw).toString("base64url");

const key = { kty: "OKP", crv: "X25519" };

/** Public keys that are read once and used at once again, of those whom a process begins with. */
const KEPT = 64;
/** Private ones: this device's own, and the two of the message that is being written. */
const KEPT_PRIVATE = 3;

/** Reading a key takes as long as an agreement, and the first message to somebody asks for the same few again and again. */
function keeping(read: (raw: string) => KeyObject, most: number): (raw: string) => KeyObject {
  const kept = new Map<string, KeyObject>();
  return (raw) => {
    const found = kept.get(raw) ?? read(raw);
    // The one that was used last comes last.
    kept.delete(raw);
    kept.set(raw, found);
    if (kept.size > most) for (const oldest of kept.keys()) if (kept.delete(oldest)) break;
    return found;
  };
}

/** A private JWK must name a public key, but Node does not look at it for an agreement. */
const privateOf = keeping((d) => createPrivateKey({ format: "jwk", key: { ...key, d, x: d } }), KEPT_PRIVATE);
const publicOf = keeping((x) => createPublicKey({ format: "jwk", key: { ...key, x } }), KEPT);

/**
 * The X25519 agreement of two keys. libsignal's own gives the same 32 bytes but reads the keys as DER, which costs Node 20
 * half a millisecond each; a first message to somebody needs six. As JWK they cost a twentieth.
 * @param theirs 32 bytes, or 33 with the type in front
 */
export function agree(theirs: Uint8Array, ours: Uint8Array): Buffer {
  if ((theirs.length !== 32 && theirs.length !== 33) || ours.length !== 32) throw new Error("This is no X25519 key.");
  return agreement(publicOf(text(theirs.subarray(-32))), ours);
}

const agreement = (publicKey: KeyObject, ours: Uint8Array): Buffer =>
  diffieHellman({ privateKey: privateOf(text(ours)), publicKey });

const TYPE = Buffer.from([5]);
/** The curve's base point, 9: the agreement with it is a key's public half (RFC 7748 §6.1). */
const basePoint = publicOf(text(Buffer.concat([Buffer.from([9]), Buffer.alloc(31)])));

/**
 * A new key pair. libsignal has Node write it as DER, which takes twice as long as to make it; a first message needs two.
 * Asked for as JWK instead, Node 20 may wait for itself for ever (its key is locked while memory is cleared up).
 */
export function generateKeyPair(): KeyPair {
  const privKey = randomBytes(32);
  // RFC 7748 §5; OpenSSL does the same to a key that it makes.
  privKey[0] = (privKey[0] ?? 0) & 248;
  privKey[31] = ((privKey[31] ?? 0) & 127) | 64;
  return { privKey, pubKey: Buffer.concat([TYPE, agreement(basePoint, privKey)]) };
}

/** Done when this module is loaded: the curve is one object that the whole library shares. */
Object.assign(curve, { calculateAgreement: agree, generateKeyPair });
