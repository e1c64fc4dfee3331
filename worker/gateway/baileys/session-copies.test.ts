import "./quiet.ts";
import { createRequire } from "node:module";
import { expect, test } from "vitest";

interface Libsignal {
  curve: { generateKeyPair(): { pubKey: Buffer; privKey: Buffer } };
  SessionRecord: { deserialize(from: object): { serialize(): object } };
  SessionBuilder: new (store: object, address: object) => { initOutgoing(device: object): Promise<void> };
  SessionCipher: new (store: object, address: object) => { encrypt(plain: Buffer): Promise<unknown> };
  ProtocolAddress: new (name: string, device: number) => object;
}
const libsignal = createRequire(import.meta.url)("libsignal") as Libsignal;

const frozen = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
};

test("libsignal changes neither a session that it gave to be kept nor one that it was given", async () => {
  const { curve } = libsignal;
  const ours = curve.generateKeyPair();
  let kept: object | undefined;
  const store = {
    loadSession: async () => kept && libsignal.SessionRecord.deserialize(kept),
    storeSession: async (_: string, record: { serialize(): object }) => {
      // A change to what was kept would throw from now on.
      kept = frozen(record.serialize());
    },
    isTrustedIdentity: () => true,
    saveIdentity: async () => true,
    getOurIdentity: () => ours,
    getOurRegistrationId: () => 1,
  };
  const address = new libsignal.ProtocolAddress("6281", 0);
  const theirs = curve.generateKeyPair();
  await new libsignal.SessionBuilder(store, address).initOutgoing({
    registrationId: 2,
    identityKey: theirs.pubKey,
    signedPreKey: { keyId: 1, publicKey: curve.generateKeyPair().pubKey, signature: Buffer.alloc(64) },
    preKey: { keyId: 2, publicKey: curve.generateKeyPair().pubKey },
  });
  const first = JSON.stringify(kept);
  await new libsignal.SessionCipher(store, address).encrypt(Buffer.from("one"));
  await new libsignal.SessionCipher(store, address).encrypt(Buffer.from("two"));
  expect(JSON.stringify(kept)).not.toBe(first);
});
