import { type BinaryNode, proto } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import type { Connection } from "../wire/connection.ts";
import { verify } from "../wire/keys.ts";
import { node, SERVER } from "../wire/nodes.ts";
import type { LinkRefused } from "./refused.ts";

const ANSWER_TIMEOUT_MS = 60_000;

/** A client's wish to be linked to a number by a code that the phone's owner types. */
export interface CodeHello {
  phone: string;
  ref: Buffer;
  /** salt(32) | iv(16) | the client's ephemeral key, encrypted with the code. */
  wrapped: Buffer;
  /** Milliseconds since 1970, simulated. */
  at: number;
}

/** A client that wants to be linked, and what it showed the server. */
export interface Applicant {
  readonly connection: Connection;
  readonly identity: Buffer;
  readonly registrationId: number;
  readonly signedPreKey: { id: number; value: Buffer; signature: Buffer };
  /** What phones call it, such as "Chrome (Ubuntu)". */
  readonly platform: string;
  /** Those its QR may still show, in that order. */
  refs: string[];
  hello: CodeHello | undefined;
  /** One link at a time; whoever was asked for a passkey has to begin anew. */
  stage: "showing" | "linking" | "passkey";
  /** What the phone waits for. */
  awaits: { tag: string; heard: (stanza: BinaryNode) => void; gone: () => void } | undefined;
  /** The passkey question, once it was put. */
  passkeyOptions: Buffer | undefined;
}

const typed = (key: Uint8Array): Buffer => Buffer.concat([Buffer.from([5]), key]);

/** The platform types whose names are not just words. */
const NAMES: Record<string, string> = { IE: "IE", UWP: "UWP", VR: "VR", IPAD: "iPad", IOS_PHONE: "iPhone" };

const platformName = (deviceProps: Uint8Array | null | undefined): string => {
  const { os, platformType } = proto.DeviceProps.decode(deviceProps ?? Buffer.alloc(0));
  const type = proto.DeviceProps.PlatformType[platformType ?? 0] ?? "UNKNOWN";
  const name = NAMES[type] ?? `${type.charAt(0)}${type.slice(1).toLowerCase().replaceAll("_", " ")}`;
  return os ? `${name} (${os})` : name;
};

/** Reads what a client without an account says of itself. Throws when its keys are not in order. */
export const readApplicant = (
  connection: Connection,
  data: proto.ClientPayload.IDevicePairingRegistrationData,
  refs: string[],
): Applicant => {
  const { eIdent, eRegid, eSkeyId, eSkeyVal, eSkeySig, deviceProps } = data;
  if (!eIdent || !eRegid || !eSkeyId || !eSkeyVal || !eSkeySig) throw new Error("incomplete pairing data");
  if (!verify(eIdent, typed(eSkeyVal), eSkeySig)) throw new Error("the signed pre-key has a bad signature");
  return {
    connection,
    identity: Buffer.from(eIdent),
    registrationId: Buffer.from(eRegid).readUInt32BE(),
    signedPreKey: {
      id: Buffer.from(eSkeyId).readUIntBE(0, 3),
      value: Buffer.from(eSkeyVal),
      signature: Buffer.from(eSkeySig),
    },
    platform: platformName(deviceProps),
    refs,
    hello: undefined,
    stage: "showing",
    awaits: undefined,
    passkeyOptions: undefined,
  };
};

/** An `<iq type="set" xmlns="md">` of the server. */
export const serverSets = (ctx: Context, content: BinaryNode): BinaryNode =>
  node("iq", { from: SERVER, type: "set", id: ctx.random.uuid("pairing"), xmlns: "md" }, [content]);

/** Says something and waits for the stanza that holds a `tag`; rejects when the client goes away or is silent for 10 s. */
export const ask = (
  ctx: Context,
  applicant: Applicant,
  stanza: BinaryNode,
  tag: string,
  silent: LinkRefused,
): Promise<BinaryNode> =>
  new Promise((resolve, reject) => {
    if (!applicant.connection.alive) return reject(silent);
    const gone = () => {
      applicant.awaits = undefined;
      callOff();
      reject(silent);
    };
    const callOff = ctx.clock.after(ANSWER_TIMEOUT_MS, gone);
    const heard = (answer: BinaryNode) => {
      applicant.awaits = undefined;
      callOff();
      resolve(answer);
    };
    applicant.awaits = { tag, heard, gone };
    applicant.connection.send(stanza);
  });
