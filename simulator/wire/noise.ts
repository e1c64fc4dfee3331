import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { proto } from "@whiskeysockets/baileys";
import { agree, derive, type KeyPair, newKeyPair, signingKeyPair } from "./keys.ts";

const PROLOGUE = Buffer.from([0x57, 0x41, 6, 3]);
const MODE = Buffer.from("Noise_XX_25519_AESGCM_SHA256\0\0\0\0");
const NO_DATA = Buffer.alloc(0);

const nonce = (counter: number): Buffer => {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(counter, 8);
  return iv;
};

const seal = (key: Buffer, counter: number, data: Uint8Array, associated: Buffer): Buffer => {
  const cipher = createCipheriv("aes-256-gcm", key, nonce(counter)).setAAD(associated);
  return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
};

const open = (key: Buffer, counter: number, data: Uint8Array, associated: Buffer): Buffer => {
  const split = data.length - 16;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce(counter)).setAAD(associated);
  decipher.setAuthTag(data.subarray(split));
  return Buffer.concat([decipher.update(data.subarray(0, split)), decipher.final()]);
};

/** What the server shows in every handshake: its static pair and the certificate chain under its own root. */
export interface ServerIdentity {
  rootPublic: Buffer;
  fixed: KeyPair;
  certificate: Uint8Array;
}

/** The identity of a server with this secret: root -> intermediate -> leaf (the static key), each really signed. */
export const serverIdentity = (secret: Uint8Array): ServerIdentity => identityUnder(secret, "noise root");

/** The same server with a chain that another root signed, for clients that should refuse it. */
export const forgedIdentity = (secret: Uint8Array): ServerIdentity => identityUnder(secret, "forged noise root");

const identityUnder = (secret: Uint8Array, rootPurpose: string): ServerIdentity => {
  const root = signingKeyPair(derive(secret, rootPurpose));
  const intermediate = signingKeyPair(derive(secret, "noise intermediate"));
  const fixed = signingKeyPair(derive(secret, "noise static"));
  const { Details } = proto.CertChain.NoiseCertificate;
  const validity = { notBefore: 1_577_836_800, notAfter: 4_102_444_800 };
  // issuerSerial 0 must be on the wire: the client compares it with === to the root's serial.
  const middle = Details.encode({ serial: 1, issuerSerial: 0, key: intermediate.public, ...validity }).finish();
  const leaf = Details.encode({ serial: 2, issuerSerial: 1, key: fixed.public, ...validity }).finish();
  const certificate = proto.CertChain.encode({
    intermediate: { details: middle, signature: root.sign(middle) },
    leaf: { details: leaf, signature: intermediate.sign(leaf) },
  }).finish();
  return { rootPublic: root.public, fixed, certificate };
};

/** The responder of Noise_XX_25519_AESGCM_SHA256 as WhatsApp speaks it, then the transport cipher of that connection. */
export class NoiseResponder {
  readonly #identity: ServerIdentity;
  readonly #ephemeral = newKeyPair();
  #hash: Buffer = MODE;
  #salt: Buffer = MODE;
  #key: Buffer = MODE;
  #counter = 0;
  #transport: { read: Buffer; write: Buffer; reads: number; writes: number } | undefined;

  constructor(identity: ServerIdentity) {
    this.#identity = identity;
    this.#mixHash(PROLOGUE);
  }

  /** Answers the client's hello. Throws when it is not one. */
  hello(frame: Uint8Array): Uint8Array {
    const theirs = proto.HandshakeMessage.decode(frame).clientHello?.ephemeral;
    if (theirs?.length !== 32) throw new Error("the first frame is not a client hello");
    this.#mixHash(theirs);
    this.#mixHash(this.#ephemeral.public);
    this.#mixKey(agree(this.#ephemeral.private, theirs));
    const fixed = this.#seal(this.#identity.fixed.public);
    this.#mixKey(agree(this.#identity.fixed.private, theirs));
    const payload = this.#seal(this.#identity.certificate);
    return proto.HandshakeMessage.encode({
      serverHello: { ephemeral: this.#ephemeral.public, static: fixed, payload },
    }).finish();
  }

  /** Reads the client's finish: its static public key and its payload. Throws when it was not made for this handshake. */
  finish(frame: Uint8Array): { clientStatic: Buffer; payload: proto.ClientPayload } {
    const finish = proto.HandshakeMessage.decode(frame).clientFinish;
    if (!finish?.static || !finish.payload) throw new Error("the second frame is not a client finish");
    const clientStatic = this.#open(finish.static);
    this.#mixKey(agree(this.#ephemeral.private, clientStatic));
    const payload = proto.ClientPayload.decode(this.#open(finish.payload));
    const [read, write] = this.#expand(NO_DATA);
    this.#transport = { read, write, reads: 0, writes: 0 };
    return { clientStatic, payload };
  }

  /** Seals one frame of the transport. */
  encrypt(data: Uint8Array): Buffer {
    if (!this.#transport) throw new Error("the handshake is not over");
    return seal(this.#transport.write, this.#transport.writes++, data, NO_DATA);
  }

  /** Opens one frame of the transport. Throws on a forged or reordered frame. */
  decrypt(data: Uint8Array): Buffer {
    if (!this.#transport) throw new Error("the handshake is not over");
    return open(this.#transport.read, this.#transport.reads++, data, NO_DATA);
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = createHash("sha256").update(this.#hash).update(data).digest();
  }

  #expand(input: Uint8Array): [Buffer, Buffer] {
    const bytes = Buffer.from(hkdfSync("sha256", input, this.#salt, NO_DATA, 64));
    return [bytes.subarray(0, 32), bytes.subarray(32)];
  }

  #mixKey(input: Uint8Array): void {
    [this.#salt, this.#key] = this.#expand(input);
    this.#counter = 0;
  }

  #seal(data: Uint8Array): Buffer {
    const sealed = seal(this.#key, this.#counter++, data, this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  #open(data: Uint8Array): Buffer {
    const opened = open(this.#key, this.#counter++, data, this.#hash);
    this.#mixHash(data);
    return opened;
  }
}
