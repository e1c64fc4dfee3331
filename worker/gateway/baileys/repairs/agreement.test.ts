import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { expect, test } from "vitest";

interface SignalCurve {
  calculateAgreement(theirs: Buffer, ours: Buffer): Buffer;
  generateKeyPair(): { pubKey: Buffer; privKey: Buffer };
}
const { curve } = createRequire(import.meta.url)("libsignal") as { curve: SignalCurve };

function pair(): { ours: Buffer; theirs: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const raw = (der: Buffer) => der.subarray(-32);
  return {
    ours: raw(privateKey.export({ format: "der", type: "pkcs8" })),
    theirs: Buffer.concat([Buffer.from([5]), raw(publicKey.export({ format: "der", type: "spki" }))]),
  };
}

test("the quick agreement gives the very bytes of libsignal's own, for either side", async () => {
  const own = curve.calculateAgreement.bind(curve);
  const { agree } = await import("./agreement.ts");
  // More than are kept, and the first once more after them all.
  const pairs = Array.from({ length: 50 }, () => [pair(), pair()] as const);
  for (const [one, other] of [...pairs, ...pairs]) {
    expect(agree(other.theirs, one.ours)).toEqual(own(other.theirs, one.ours));
    expect(agree(one.theirs, other.ours)).toEqual(agree(other.theirs, one.ours));
  }
  expect(() => agree(Buffer.alloc(31), pair().ours)).toThrow("no X25519 key");
});

/** What stands before the key in an X25519 private key as PKCS 8 (RFC 8410). */
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

test("a key pair that is made quickly is what libsignal's own would be: form, halves and agreements", async () => {
  const { agree, generateKeyPair } = await import("./agreement.ts");
  const made = new Set<string>();
  for (let i = 0; i < 50; i += 1) {
    const { privKey, pubKey } = generateKeyPair();
    made.add(privKey.toString("hex"));
    expect([privKey.length, pubKey.length, pubKey[0]]).toEqual([32, 33, 5]);
    // Three low bits and the highest are clear, the one below it is set.
    expect([(privKey[0] ?? 0) & 7, (privKey[31] ?? 0) >> 6]).toEqual([0, 1]);
    const read = createPrivateKey({ key: Buffer.concat([PKCS8, privKey]), format: "der", type: "pkcs8" });
    expect(pubKey.subarray(1)).toEqual(createPublicKey(read).export({ format: "der", type: "spki" }).subarray(-32));
    const other = pair();
    expect(agree(other.theirs, privKey)).toEqual(agree(pubKey, other.ours));
  }
  expect(made.size).toBe(50);
  expect(Object.values(curve)).toContain(generateKeyPair);
});
