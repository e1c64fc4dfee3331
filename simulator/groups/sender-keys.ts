import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomInt } from "node:crypto";
import { KEY_BUNDLE_TYPE, proto } from "@whiskeysockets/baileys";
import { signingKeyPair, verify } from "../wire/keys.ts";
import type { OwnSenderKey, SenderKey } from "./schema.ts";

/** Version 3 of the protocol, twice: as WhatsApp writes every sender-key structure. */
const VERSION = 0x33;
const SIGNATURE_BYTES = 64;
/** As far as libsignal jumps ahead in a chain. */
const LONGEST_JUMP = 2000;
/** Clients jump over every other message number: these keys are hardly ever asked for. */
const KEPT_SKIPPED = 100;
/** How many keys of one author are kept, as in libsignal. */
const KEPT_KEYS = 5;

const hmac = (key: Uint8Array, byte: number): Buffer =>
  createHmac("sha256", key)
    .update(Buffer.from([byte]))
    .digest();
const messageSeed = (chain: Uint8Array): Buffer => hmac(chain, 1);
const nextChain = (chain: Uint8Array): Buffer => hmac(chain, 2);

const cipherKey = (seed: Uint8Array): { iv: Buffer; key: Buffer } => {
  const bytes = Buffer.from(hkdfSync("sha256", seed, Buffer.alloc(32), "WhisperGroup", 48));
  return { iv: bytes.subarray(0, 16), key: bytes.subarray(16) };
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const bytes = (text: string): Buffer => Buffer.from(text, "base64");

/** A new key to write to a group with. Really random, as all message keys are. */
export const newSenderKey = (): OwnSenderKey => ({
  id: randomInt(1, 2 ** 31),
  iteration: 0,
  chain: base64(randomBytes(32)),
  signer: base64(randomBytes(32)),
  told: [],
});

/** What others need to read everything that is written with a key from now on. */
export const distributionOf = (own: OwnSenderKey): Buffer => {
  const message = proto.SenderKeyDistributionMessage.encode({
    id: own.id,
    iteration: own.iteration,
    chainKey: bytes(own.chain),
    signingKey: Buffer.concat([KEY_BUNDLE_TYPE, signingKeyPair(bytes(own.signer)).public]),
  });
  return Buffer.concat([Buffer.from([VERSION]), message.finish()]);
};

/** Encrypts the next message for a group; the key moves on. */
export const writeWithSenderKey = (own: OwnSenderKey, plain: Uint8Array): Buffer => {
  const chain = bytes(own.chain);
  const { iv, key } = cipherKey(messageSeed(chain));
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  const message = proto.SenderKeyMessage.encode({ id: own.id, iteration: own.iteration, ciphertext });
  const signed = Buffer.concat([Buffer.from([VERSION]), message.finish()]);
  own.iteration++;
  own.chain = base64(nextChain(chain));
  return Buffer.concat([signed, signingKeyPair(bytes(own.signer)).sign(signed)]);
};

/** The keys of one author after a distribution came; a key that is known and not ahead of it stays. Throws when it is none. */
export const acceptSenderKey = (known: SenderKey[], distribution: Uint8Array): SenderKey[] => {
  const { id, iteration, chainKey, signingKey } = proto.SenderKeyDistributionMessage.decode(distribution.subarray(1));
  if (!chainKey?.length || !signingKey?.length) throw new Error("a sender key without a chain or a signature key");
  const fresh: SenderKey = {
    id: id ?? 0,
    iteration: iteration ?? 0,
    chain: base64(chainKey),
    signer: base64(signingKey.subarray(-32)),
    skipped: [],
  };
  const kept = known.find((each) => each.id === fresh.id && each.signer === fresh.signer);
  if (kept && kept.iteration <= fresh.iteration) return known;
  return [...known.filter((each) => each.id !== fresh.id), fresh].slice(-KEPT_KEYS);
};

/** The seed of one message's key, with what the chain becomes when that message is good. */
const seek = (chain: SenderKey, iteration: number): { seed: Buffer; commit: () => void } => {
  const skipped = chain.skipped.find((each) => each.iteration === iteration);
  if (skipped) {
    const commit = () => {
      chain.skipped = chain.skipped.filter((each) => each !== skipped);
    };
    return { seed: bytes(skipped.seed), commit };
  }
  if (iteration < chain.iteration) throw new Error("this message was read before");
  if (iteration - chain.iteration > LONGEST_JUMP) throw new Error("this message is too far ahead");
  const jumped: SenderKey["skipped"] = [];
  let key: Buffer = bytes(chain.chain);
  for (let at = chain.iteration; at < iteration; at++) {
    jumped.push({ iteration: at, seed: base64(messageSeed(key)) });
    key = nextChain(key);
  }
  const commit = () => {
    chain.skipped = [...chain.skipped, ...jumped].slice(-KEPT_SKIPPED);
    chain.iteration = iteration + 1;
    chain.chain = base64(nextChain(key));
  };
  return { seed: messageSeed(key), commit };
};

/** Reads a group message; its key moves on. Throws when no key fits, the signature is wrong, or it was read before. */
export const readWithSenderKey = (known: SenderKey[], body: Buffer): Buffer => {
  const signed = body.subarray(0, -SIGNATURE_BYTES);
  const { id, iteration, ciphertext } = proto.SenderKeyMessage.decode(signed.subarray(1));
  const chain = known.find((each) => each.id === id);
  if (!chain || !ciphertext) throw new Error("no sender key fits this message");
  if (!verify(bytes(chain.signer), signed, body.subarray(-SIGNATURE_BYTES))) throw new Error("the signature is wrong");
  const { seed, commit } = seek(chain, iteration ?? 0);
  const { iv, key } = cipherKey(seed);
  const decipher = createDecipheriv("aes-256-cbc", key, iv);
  const plain = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  commit();
  return plain;
};
