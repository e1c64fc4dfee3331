import { createHmac } from "node:crypto";
import { proto } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { type SigningKeyPair, verify } from "../wire/keys.ts";
import type { Applicant } from "./applicants.ts";

const ACCOUNT_SIGNATURE = Buffer.from([6, 0]);
const DEVICE_SIGNATURE = Buffer.from([6, 1]);

/** The bytes themselves, or with one of them flipped when this is to be false on purpose. */
const unlessFalse = (bytes: Buffer, isFalse: boolean): Buffer => {
  const made = Buffer.from(bytes);
  if (isFalse) made[0] = (made[0] ?? 0) ^ 1;
  return made;
};

/**
 * The identity the phone signs for a new device, and its envelope under the secret that only phone and device share; either
 * may be tampered with.
 */
export const signIdentity = (
  ctx: Context,
  phone: SigningKeyPair,
  applicant: Applicant,
  advSecret: Buffer,
  deviceId: number,
): { details: Uint8Array; envelope: Uint8Array } => {
  const details = proto.ADVDeviceIdentity.encode({
    rawId: ctx.random.bytes(4, "device identity").readUInt32BE(),
    timestamp: Math.floor(ctx.clock.now() / 1000),
    keyIndex: deviceId,
    accountType: 0,
    deviceType: 0,
  }).finish();
  const signature = phone.sign(Buffer.concat([ACCOUNT_SIGNATURE, details, applicant.identity]));
  const identity = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: phone.public,
    accountSignature: unlessFalse(signature, ctx.tampering.takes("advSignature")),
  }).finish();
  const mac = createHmac("sha256", advSecret).update(identity).digest();
  const hmac = unlessFalse(mac, ctx.tampering.takes("advHmac"));
  return { details, envelope: proto.ADVSignedDeviceIdentityHMAC.encode({ details: identity, hmac }).finish() };
};

/** Whether the device signed the identity the phone gave it. */
export const signedByDevice = (
  answer: Uint8Array,
  details: Uint8Array,
  applicant: Applicant,
  phone: SigningKeyPair,
): boolean => {
  const { deviceSignature } = proto.ADVSignedDeviceIdentity.decode(answer);
  const signed = Buffer.concat([DEVICE_SIGNATURE, details, applicant.identity, phone.public]);
  return !!deviceSignature && verify(applicant.identity, signed, deviceSignature);
};
