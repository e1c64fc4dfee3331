import { createHmac } from "node:crypto";
import { type BinaryNode, getBinaryNodeChild, proto } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { announceDevice } from "../service/devices.ts";
import type { Connection } from "../wire/connection.ts";
import { lidJid, pnJid } from "../wire/jids.ts";
import { type SigningKeyPair, verify } from "../wire/keys.ts";
import { childBytes, node, SERVER, seconds } from "../wire/nodes.ts";
import { Entries } from "../world/entries.ts";
import type { Account, Device } from "../world/schema.ts";

const REFS = 6;
const SIGN_TIMEOUT_MS = 10_000;
const ACCOUNT_SIGNATURE = Buffer.from([6, 0]);
const DEVICE_SIGNATURE = Buffer.from([6, 1]);

/** A scan that cannot be done; the status is what an HTTP caller should see. */
export class ScanRefused extends Error {
  readonly status: 400 | 409;
  constructor(status: 400 | 409, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** What a client shows the server when it asks to be linked. */
interface Applicant {
  connection: Connection;
  refs: string[];
  identity: Buffer;
  registrationId: number;
  signedPreKey: { id: number; value: Buffer; signature: Buffer };
  /** Set while the phone waits for the client's signature. */
  signed?: (reply: BinaryNode) => void;
}

interface Qr {
  ref: string;
  noise: Buffer;
  identity: Buffer;
  advSecret: Buffer;
}

/** Reads the text of a QR: `https://wa.me/settings/linked_devices#ref,noise,identity,secret,platform`. */
const readQr = (text: string): Qr => {
  const [ref, ...keys] = text.slice(text.indexOf("#") + 1).split(",");
  const [noise, identity, advSecret] = keys.map((key) => Buffer.from(key, "base64"));
  if (!ref || noise?.length !== 32 || identity?.length !== 32 || advSecret?.length !== 32) {
    throw new ScanRefused(400, "This is not a WhatsApp linking QR code.");
  }
  return { ref, noise, identity, advSecret };
};

const typed = (key: Uint8Array): Buffer => Buffer.concat([Buffer.from([5]), key]);

/** The device identity the phone signs for a new device, wrapped with the secret only the QR carries. */
const signIdentity = (
  ctx: Context,
  phone: SigningKeyPair,
  applicant: Applicant,
  advSecret: Buffer,
  deviceId: number,
) => {
  const details = proto.ADVDeviceIdentity.encode({
    rawId: ctx.random.bytes(4, "device identity").readUInt32BE(),
    timestamp: Math.floor(ctx.clock.now() / 1000),
    keyIndex: deviceId,
    accountType: 0,
    deviceType: 0,
  }).finish();
  const identity = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: phone.public,
    accountSignature: phone.sign(Buffer.concat([ACCOUNT_SIGNATURE, details, applicant.identity])),
  }).finish();
  const hmac = createHmac("sha256", advSecret).update(identity).digest();
  const envelope = proto.ADVSignedDeviceIdentityHMAC.encode({ details: identity, hmac }).finish();
  return { details, envelope };
};

/** The clients that show a QR, and the phone's side of scanning it. */
export class Pairing {
  readonly #ctx: Context;
  readonly #applicants = new Map<Connection, Applicant>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** A client without an account: it gets refs to show, one at a time. Throws when its keys are not in order. */
  apply(connection: Connection, data: proto.ClientPayload.IDevicePairingRegistrationData): void {
    const { eIdent, eRegid, eSkeyId, eSkeyVal, eSkeySig } = data;
    if (!eIdent || !eRegid || !eSkeyId || !eSkeyVal || !eSkeySig) throw new Error("incomplete pairing data");
    if (!verify(eIdent, typed(eSkeyVal), eSkeySig)) throw new Error("the signed pre-key has a bad signature");
    const refs = Array.from({ length: REFS }, () => `2@${this.#ctx.random.bytes(48, "ref").toString("base64")}`);
    this.#applicants.set(connection, {
      connection,
      refs,
      identity: Buffer.from(eIdent),
      registrationId: Buffer.from(eRegid).readUInt32BE(),
      signedPreKey: {
        id: Buffer.from(eSkeyId).readUIntBE(0, 3),
        value: Buffer.from(eSkeyVal),
        signature: Buffer.from(eSkeySig),
      },
    });
    const elements = refs.map((ref) => node("ref", {}, Buffer.from(ref)));
    connection.send(
      node("iq", { from: SERVER, type: "set", id: this.#ctx.random.uuid("pairing"), xmlns: "md" }, [
        node("pair-device", {}, elements),
      ]),
    );
  }

  /** What a client says while it is being linked. Returns false when it is not. */
  hear(connection: Connection, stanza: BinaryNode): boolean {
    const applicant = this.#applicants.get(connection);
    if (!applicant) return false;
    if (getBinaryNodeChild(stanza, "pair-device-sign")) applicant.signed?.(stanza);
    return true;
  }

  leave(connection: Connection): void {
    this.#applicants.delete(connection);
  }

  /**
   * The phone scans a QR: signs the device in, waits for the device's own signature and restarts it (515).
   * Throws ScanRefused when the QR is not one, is not shown any more, or the client does not go along.
   */
  async scan(account: Account, text: string): Promise<Device> {
    const ctx = this.#ctx;
    const qr = readQr(text);
    const applicant = [...this.#applicants.values()].find(({ refs }) => refs.includes(qr.ref));
    if (!applicant?.connection.alive) throw new ScanRefused(409, "This QR code has expired: show a new one.");
    if (!applicant.identity.equals(qr.identity) || !applicant.connection.clientStatic.equals(qr.noise)) {
      throw new ScanRefused(400, "This QR code does not belong to the device that shows it.");
    }
    applicant.refs = [];
    const id = account.nextDeviceId++;
    const phone = ctx.signal.identity(account.phone);
    const { details, envelope } = signIdentity(ctx, phone, applicant, qr.advSecret, id);
    // Kept before the client hears of it: a client that was told it is linked must be able to log in.
    const device = this.#device(applicant, id);
    account.devices.set(String(id), device);
    ctx.store.saveNow();
    try {
      const reply = await this.#pairSuccess(applicant, account, id, envelope);
      const signed = Buffer.concat([DEVICE_SIGNATURE, details, applicant.identity, phone.public]);
      const signature = proto.ADVSignedDeviceIdentity.decode(reply).deviceSignature;
      if (!signature || !verify(applicant.identity, signed, signature)) {
        throw new ScanRefused(409, "The device signed its identity wrongly.");
      }
    } catch (error) {
      account.devices.delete(String(id));
      ctx.store.saveNow();
      applicant.connection.drop();
      throw error;
    }
    this.leave(applicant.connection);
    applicant.connection.end(node("stream:error", { code: "515" }));
    announceDevice(ctx, account, device, "add");
    return device;
  }

  #device(applicant: Applicant, id: number): Device {
    const { signedPreKey, identity, registrationId, connection } = applicant;
    return {
      id,
      noiseKey: connection.clientStatic.toString("base64"),
      identityKey: identity.toString("base64"),
      registrationId,
      signedPreKey: {
        id: signedPreKey.id,
        value: signedPreKey.value.toString("base64"),
        signature: signedPreKey.signature.toString("base64"),
      },
      preKeys: new Entries(),
      welcomed: false,
      pending: new Entries(),
    };
  }

  #pairSuccess(applicant: Applicant, account: Account, id: number, envelope: Uint8Array): Promise<Buffer> {
    const success = node("pair-success", { t: seconds(this.#ctx.clock.now()) }, [
      node("device-identity", {}, envelope),
      node("platform", { name: "android" }),
      node("device", { jid: pnJid(account.phone, id), lid: lidJid(account.phone, id) }),
    ]);
    return new Promise((resolve, reject) => {
      const silent = new ScanRefused(409, "The device went away while it was being linked.");
      const timer = setTimeout(() => reject(silent), SIGN_TIMEOUT_MS);
      applicant.signed = (reply) => {
        clearTimeout(timer);
        resolve(childBytes(getBinaryNodeChild(reply, "pair-device-sign"), "device-identity") ?? Buffer.alloc(0));
      };
      applicant.connection.send(
        node("iq", { from: SERVER, type: "set", id: this.#ctx.random.uuid("pairing"), xmlns: "md" }, [success]),
      );
    });
  }
}
