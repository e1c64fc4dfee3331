import type { BinaryNode, proto } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import type { Connection } from "../wire/connection.ts";
import { node } from "../wire/nodes.ts";
import type { Account, Device } from "../world/schema.ts";
import { type Applicant, readApplicant, serverSets } from "./applicants.ts";
import { exchangeKeys, findByHello, readCode } from "./link-code.ts";
import { linkDevice, refuseFull } from "./linking.ts";
import { askForPasskey, passkeyRefusal } from "./passkey.ts";
import { findByQr, newRefs } from "./qr.ts";
import { LinkRefused } from "./refused.ts";
import { hearApplicant } from "./talk.ts";

/** The clients that want to be linked, and the phone's side: scanning a QR, or typing a code. */
export class Pairing {
  readonly #ctx: Context;
  readonly #applicants = new Map<Connection, Applicant>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** A client without an account: it gets refs to show, one at a time. Throws when its keys are not in order. */
  apply(connection: Connection, data: proto.ClientPayload.IDevicePairingRegistrationData): void {
    const refs = newRefs(this.#ctx);
    this.#applicants.set(connection, readApplicant(connection, data, refs));
    const elements = refs.map((ref) => node("ref", {}, Buffer.from(ref)));
    connection.send(serverSets(this.#ctx, node("pair-device", {}, elements)));
  }

  /** What a client says while it is being linked. Returns false when it is not. */
  hear(connection: Connection, stanza: BinaryNode): boolean {
    const applicant = this.#applicants.get(connection);
    if (applicant) hearApplicant(this.#ctx, applicant, stanza);
    return applicant !== undefined;
  }

  leave(connection: Connection): void {
    this.#applicants.get(connection)?.awaits?.gone();
    this.#applicants.delete(connection);
  }

  /** The phone scans a QR. Throws LinkRefused when the QR is not one, is not shown any more, or the link fails. */
  async scan(account: Account, text: string): Promise<Device> {
    const [applicant, advSecret] = findByQr(this.#applicants.values(), text);
    return this.#link(account, applicant, async () => advSecret);
  }

  /** The phone's owner types a code. Throws LinkRefused when no device shows it for this number, or the link fails. */
  async enterCode(account: Account, text: string): Promise<Device> {
    const code = readCode(text);
    const [applicant, hello] = findByHello(this.#ctx, this.#applicants.values(), account.phone);
    return this.#link(account, applicant, () => exchangeKeys(this.#ctx, account, applicant, hello, code));
  }

  async #link(account: Account, applicant: Applicant, agreeOnSecret: () => Promise<Buffer>): Promise<Device> {
    if (applicant.stage === "passkey") throw passkeyRefusal();
    if (applicant.stage === "linking")
      throw new LinkRefused(409, "This device is being linked already: wait for that.");
    refuseFull(account);
    applicant.stage = "linking";
    try {
      const advSecret = await agreeOnSecret();
      if (account.passkey) throw askForPasskey(this.#ctx, account, applicant);
      const device = await linkDevice(this.#ctx, account, applicant, advSecret);
      this.leave(applicant.connection);
      return device;
    } finally {
      if (applicant.stage === "linking") applicant.stage = "showing";
    }
  }
}
