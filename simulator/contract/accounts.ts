import { z } from "zod";
import type { FaultSettings } from "../faults/schema.ts";
import type { Delays } from "../world/schema.ts";
import { nameParameter, phoneParameter } from "./parts.ts";

export type { ConnectionFigures } from "../service/delivery.ts";
export type { Delays };

/** The bodies of `/accounts`. */
export const accountBodies = {
  account: z.strictObject({ phone: phoneParameter, name: nameParameter.optional() }),
  settings: z.strictObject({ name: nameParameter, passkey: z.boolean() }).partial(),
  scan: z.strictObject({ qr: z.string().min(1).max(4096) }),
  linkCode: z.strictObject({ code: z.string().min(1).max(64) }),
  unlink: z.strictObject({ deviceId: z.number().int().min(1).optional() }),
};

export type AccountSettings = z.input<typeof accountBodies.settings>;

/** One device linked to an account. */
export interface DeviceView {
  id: number;
  connected: boolean;
  /** What phones call it, such as "Chrome (Ubuntu)". */
  platform: string;
  /** Milliseconds since 1970, simulated. */
  linkedAt: number;
}

/** A number with a phone that can link devices. */
export interface AccountView {
  phone: string;
  name: string | null;
  lid: string;
  /** WhatsApp asks for a passkey before it lets a device be linked. */
  passkey: boolean;
  devices: DeviceView[];
  /** Media files its clients uploaded since the start. */
  uploads: number;
  /** Milliseconds after the server took a message; null is never, a pair is a range. */
  delays: Delays;
  faults: FaultSettings;
}

/** What the server took from an account for one recipient. */
export interface SentView {
  /** The recipient's number, or the id of a group. */
  phone: string;
  /** Of a group its id again. */
  lid: string;
  messages: {
    id: string;
    /** Null until the recipient could read it. */
    text: string | null;
    /** How often the server received this id for this recipient. */
    copies: number;
    /** Whether an ack without an error was put on the wire. */
    acked: boolean;
    /** Times are milliseconds since 1970. */
    receivedAt: number;
    deliveredAt: number | null;
    readAt: number | null;
    /** The recipient could not read the last copy and asked for it again. */
    undecryptable: boolean;
    /** In a group: what became of it at each participant; the times above are those of the last one. */
    participants: { phone: string; deliveredAt: number | null; readAt: number | null; undecryptable: boolean }[];
  }[];
}
