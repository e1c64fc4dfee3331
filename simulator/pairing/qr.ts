import type { Context } from "../service/context.ts";
import type { Applicant } from "./applicants.ts";
import { LinkRefused } from "./refused.ts";

const REFS = 6;

/** The refs a client shows one after the other. */
export const newRefs = (ctx: Context): string[] =>
  Array.from({ length: REFS }, () => `2@${ctx.random.bytes(48, "ref").toString("base64")}`);

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
    throw new LinkRefused(400, "This is not a WhatsApp linking QR code.");
  }
  return { ref, noise, identity, advSecret };
};

/**
 * Finds who shows a QR, and the secret that only the QR carries. The refs before the one that was scanned are over: the
 * client shows them in order. Throws LinkRefused when nobody shows it (any more), or it is not that client's own.
 */
export const findByQr = (applicants: Iterable<Applicant>, text: string): [Applicant, advSecret: Buffer] => {
  const qr = readQr(text);
  const applicant = [...applicants].find(({ refs }) => refs.includes(qr.ref));
  if (!applicant?.connection.alive) throw new LinkRefused(409, "This QR code has expired: show a new one.");
  if (!applicant.identity.equals(qr.identity) || !applicant.connection.clientStatic.equals(qr.noise)) {
    throw new LinkRefused(400, "This QR code does not belong to the device that shows it.");
  }
  applicant.refs = applicant.refs.slice(applicant.refs.indexOf(qr.ref));
  return [applicant, qr.advSecret];
};
