import { getBinaryNodeChild } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { announceDevice } from "../service/devices.ts";
import { lidJid, pnJid } from "../wire/jids.ts";
import { childBytes, node, seconds } from "../wire/nodes.ts";
import { Entries } from "../world/entries.ts";
import type { Account, Device } from "../world/schema.ts";
import { signedByDevice, signIdentity } from "./adv.ts";
import { type Applicant, ask, serverSets } from "./applicants.ts";
import { LinkRefused } from "./refused.ts";

/** What WhatsApp allows beside the phone. */
const MAX_DEVICES = 4;

/** Throws LinkRefused when the account has all the devices it may have. */
export const refuseFull = (account: Account): void => {
  if (account.devices.size < MAX_DEVICES) return;
  throw new LinkRefused(409, `${account.phone} has ${MAX_DEVICES} linked devices already: unlink one first.`);
};

const deviceOf = (ctx: Context, applicant: Applicant, id: number): Device => {
  const { signedPreKey, identity, registrationId, connection, platform } = applicant;
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
    platform,
    linkedAt: ctx.clock.now(),
    welcomed: false,
    pending: new Entries(),
  };
};

const introduce = async (ctx: Context, account: Account, applicant: Applicant, id: number, advSecret: Buffer) => {
  const phone = ctx.signal.identity(account.phone);
  const { details, envelope } = signIdentity(ctx, phone, applicant, advSecret, id);
  const success = node("pair-success", { t: seconds(ctx.clock.now()) }, [
    node("device-identity", {}, envelope),
    node("platform", { name: "android" }),
    node("device", { jid: pnJid(account.phone, id), lid: lidJid(account.phone, id) }),
  ]);
  const silent = new LinkRefused(409, "The device went away while it was being linked.");
  const reply = await ask(ctx, applicant, serverSets(ctx, success), "pair-device-sign", silent);
  const answer = childBytes(getBinaryNodeChild(reply, "pair-device-sign"), "device-identity") ?? Buffer.alloc(0);
  if (!signedByDevice(answer, details, applicant, phone)) {
    throw new LinkRefused(409, "The device signed its identity wrongly.");
  }
};

/**
 * Signs a device in with the secret it shares with the phone, waits for the device's own signature and restarts it (515).
 * Throws LinkRefused when the account is full, or the device does not go along.
 */
export const linkDevice = async (
  ctx: Context,
  account: Account,
  applicant: Applicant,
  advSecret: Buffer,
): Promise<Device> => {
  refuseFull(account);
  const device = deviceOf(ctx, applicant, account.nextDeviceId++);
  // Kept before the client hears of it: a client that was told it is linked must be able to log in.
  account.devices.set(String(device.id), device);
  ctx.store.saveNow();
  try {
    await introduce(ctx, account, applicant, device.id, advSecret);
  } catch (error) {
    account.devices.delete(String(device.id));
    ctx.store.saveNow();
    applicant.connection.drop();
    throw error;
  }
  applicant.connection.end(node("stream:error", { code: "515" }));
  announceDevice(ctx, account, device, "add");
  return device;
};
