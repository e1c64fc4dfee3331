import { createRequire } from "node:module";
import { type BinaryNode, KEY_BUNDLE_TYPE } from "@whiskeysockets/baileys";
import * as libsignal from "libsignal";
import { lidUserOf } from "../wire/jids.ts";
import { agree, derive, type KeyPair, keyPairOf, type SigningKeyPair, signingKeyPair } from "../wire/keys.ts";
import { bigEndian, node } from "../wire/nodes.ts";
import type { Phone } from "./schema.ts";
import type { Store } from "./store.ts";

const SIGNED_PRE_KEY_ID = 1;

interface LibsignalCurve {
  calculateAgreement: (theirs: Uint8Array, ours: Uint8Array) => Buffer;
}
// The curve is not in libsignal's types. Its own agreement gives the same 32 bytes, but spends 0.5 ms on reading the keys;
// a first message needs six of them.
const { curve } = createRequire(import.meta.url)("libsignal") as { curve: LibsignalCurve };
curve.calculateAgreement = (theirs, ours) => agree(ours, theirs.subarray(-32));

/** What a stranger needs to open a Signal session with a device: raw 32-byte keys. */
export interface Bundle {
  registrationId: number;
  identity: Buffer;
  signed: { id: number; value: Buffer; signature: Buffer };
  oneTime?: { id: number; value: Buffer } | undefined;
}

/** One ciphertext as the wire carries it. */
export interface Ciphertext {
  type: "pkmsg" | "msg";
  body: Buffer;
}

interface PhoneKeys {
  registrationId: number;
  identity: SigningKeyPair;
  signed: KeyPair;
  signature: Buffer;
}

const typed = (raw: Uint8Array): Buffer => Buffer.concat([KEY_BUNDLE_TYPE, raw]);

/** The `<user>` body of a key query, or the inside of a retry receipt's `<keys>`. */
export const bundleNodes = (bundle: Bundle, registration = true): BinaryNode[] => [
  ...(registration ? [node("registration", {}, bigEndian(bundle.registrationId, 4))] : []),
  node("type", {}, KEY_BUNDLE_TYPE),
  node("identity", {}, bundle.identity),
  ...(bundle.oneTime
    ? [node("key", {}, [node("id", {}, bigEndian(bundle.oneTime.id, 3)), node("value", {}, bundle.oneTime.value)])]
    : []),
  node("skey", {}, [
    node("id", {}, bigEndian(bundle.signed.id, 3)),
    node("value", {}, bundle.signed.value),
    node("signature", {}, bundle.signed.signature),
  ]),
];

/**
 * The Signal side of the simulated phones, on libsignal itself. Every key is derived from the simulator's secret and the
 * number, so keys cost nothing until used and a kill -9 cannot lose one; only sessions are kept.
 */
export class SignalPhones {
  readonly #store: Store;
  readonly #secret: Buffer;
  readonly #keys = new Map<string, PhoneKeys>();

  constructor(store: Store) {
    this.#store = store;
    this.#secret = store.secret;
  }

  /** The identity pair of a phone: it also signs the device identities of what is linked to it. */
  identity(number: string): SigningKeyPair {
    return this.#keysOf(number).identity;
  }

  /** A key bundle of this phone with a one-time pre-key of its own. */
  bundle(phone: Phone): Bundle {
    const keys = this.#keysOf(phone.phone);
    const id = phone.nextPreKeyId++;
    this.#store.touch();
    return {
      registrationId: keys.registrationId,
      identity: keys.identity.public,
      signed: { id: SIGNED_PRE_KEY_ID, value: keys.signed.public, signature: keys.signature },
      oneTime: { id, value: this.#preKey(phone.phone, id).public },
    };
  }

  /** Reads a ciphertext as this phone. Throws when it has no fitting session, or the text was read before. */
  decrypt(phone: Phone, sender: string, device: number, type: string, body: Buffer): Promise<Buffer> {
    const cipher = this.#cipher(phone, sender, device);
    return type === "pkmsg" ? cipher.decryptPreKeyWhisperMessage(body) : cipher.decryptWhisperMessage(body);
  }

  /** Whether this phone can write to that device without asking for its keys. */
  async hasSession(phone: Phone, peer: string, device: number): Promise<boolean> {
    const record = await this.#storage(phone).loadSession(this.#address(peer, device).toString());
    return record?.haveOpenSession() ?? false;
  }

  /** Begins a session of this phone with that device, in place of any other. */
  async beginSession(phone: Phone, peer: string, device: number, bundle: Bundle): Promise<void> {
    const session = {
      registrationId: bundle.registrationId,
      identityKey: typed(bundle.identity),
      signedPreKey: {
        keyId: bundle.signed.id,
        publicKey: typed(bundle.signed.value),
        signature: bundle.signed.signature,
      },
      ...(bundle.oneTime && { preKey: { keyId: bundle.oneTime.id, publicKey: typed(bundle.oneTime.value) } }),
    };
    type Outgoing = Parameters<libsignal.SessionBuilder["initOutgoing"]>[0];
    // libsignal accepts a bundle without a one-time key; its type does not say so.
    const outgoing = session as Outgoing;
    await new libsignal.SessionBuilder(this.#storage(phone), this.#address(peer, device)).initOutgoing(outgoing);
  }

  /** Writes to a device this phone has a session with. */
  async encrypt(phone: Phone, peer: string, device: number, plain: Buffer): Promise<Ciphertext> {
    const { type, body } = await this.#cipher(phone, peer, device).encrypt(plain);
    return { type: type === 3 ? "pkmsg" : "msg", body: Buffer.from(body, "binary") };
  }

  #keysOf(number: string): PhoneKeys {
    const owner = this.#owner(number);
    const id = owner.join(" ");
    let keys = this.#keys.get(id);
    if (!keys) {
      const identity = signingKeyPair(derive(this.#secret, "identity", ...owner));
      const signed = keyPairOf(derive(this.#secret, "signed pre-key", ...owner));
      const registrationId = derive(this.#secret, "registration", ...owner).readUInt16BE() & 0x3fff;
      keys = { registrationId, identity, signed, signature: identity.sign(typed(signed.public)) };
      this.#keys.set(id, keys);
    }
    return keys;
  }

  /** Whose keys they are: a phone that was installed anew has others. */
  #owner(number: string): string[] {
    const generation = this.#store.knownPhone(number)?.generation ?? 0;
    return generation ? [number, `installed ${generation} times again`] : [number];
  }

  #preKey(number: string, id: number): KeyPair {
    return keyPairOf(derive(this.#secret, "pre-key", ...this.#owner(number), String(id)));
  }

  #address(peer: string, device: number): libsignal.ProtocolAddress {
    return new libsignal.ProtocolAddress(lidUserOf(peer), device);
  }

  #cipher(phone: Phone, peer: string, device: number): libsignal.SessionCipher {
    return new libsignal.SessionCipher(this.#storage(phone), this.#address(peer, device));
  }

  #storage(phone: Phone): libsignal.SignalStorage {
    const keys = this.#keysOf(phone.phone);
    const inLibsignalForm = (pair: KeyPair) => ({ privKey: pair.private, pubKey: typed(pair.public) });
    return {
      loadSession: async (address) => {
        const kept = phone.sessions.get(address);
        // libsignal serialises to plain JSON, though its types say bytes.
        return kept ? libsignal.SessionRecord.deserialize(kept as Uint8Array) : null;
      },
      storeSession: async (address, record) => {
        phone.sessions.set(address, record.serialize());
        this.#store.touch();
      },
      isTrustedIdentity: () => true,
      loadPreKey: async (id) => (Number(id) ? inLibsignalForm(this.#preKey(phone.phone, Number(id))) : undefined),
      // Derived keys are never used up: a first message that arrives again after a kill -9 stays readable.
      removePreKey: () => undefined,
      loadSignedPreKey: () => inLibsignalForm(keys.signed),
      getOurRegistrationId: () => keys.registrationId,
      getOurIdentity: () => inLibsignalForm(keys.identity),
    };
  }
}
