import { generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { expect, test } from "vitest";

interface SignalCurve {
  calculateAgreement(theirs: Buffer, ours: Buffer): Buffer;
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
  for (let i = 0; i < 50; i += 1) {
    const [one, other] = [pair(), pair()];
    expect(agree(other.theirs, one.ours)).toEqual(own(other.theirs, one.ours));
    expect(agree(one.theirs, other.ours)).toEqual(agree(other.theirs, one.ours));
  }
  expect(() => agree(Buffer.alloc(31), pair().ours)).toThrow("no X25519 key");
});
