import "./quiet.ts";
import {
  extractDeviceJids,
  isPnUser,
  jidDecode,
  jidEncode,
  jidNormalizedUser,
  type makeWASocket,
  type PossiblyExtendedCacheStore,
  USyncQuery,
  USyncUser,
} from "@whiskeysockets/baileys";
import { z } from "zod";
import type { Identity, Person } from "../gateway.ts";
import type { KeyRows } from "./key-rows.ts";
import { identityOf, isGroup, jidOf } from "./translate.ts";

type Socket = ReturnType<typeof makeWASocket>;

const KIND = "user-devices";
const FRESH_MS = 24 * 60 * 60_000;

const stored = z.object({
  at: z.number(),
  devices: z.array(
    z.object({
      user: z.string(),
      server: z.enum(["s.whatsapp.net", "lid", "hosted", "hosted.lid"]),
      device: z.number().optional(),
    }),
  ),
});
type Stored = z.infer<typeof stored>;

/**
 * Baileys' `userDevicesCache`, kept with the keys. Its own forgets in five minutes and with the process, and whoever is not
 * in it loses the Signal session at the next message.
 */
export function deviceCache(rows: KeyRows): PossiblyExtendedCacheStore {
  const read = async (users: string[]) => {
    const found: Record<string, Stored["devices"]> = {};
    for (const [user, row] of Object.entries(await rows.get(KIND, users))) {
      const parsed = stored.safeParse(row);
      if (parsed.success && Date.now() - parsed.data.at < FRESH_MS) found[user] = parsed.data.devices;
    }
    return found;
  };
  const rowOf = (user: string, devices: unknown) => ({ kind: KIND, id: user, value: { at: Date.now(), devices } });
  return {
    // Baileys reads here what it wrote here; the interface leaves the type to the caller.
    get: async <T>(user: string) => (await read([user]))[user] as T,
    mget: async <T>(users: string[]) => (await read(users)) as Record<string, T>,
    set: (user, devices) => rows.set([rowOf(user, devices)]),
    mset: (entries) => rows.set(entries.map(({ key, value }) => rowOf(key, value))),
    del: (user) => rows.set([{ kind: KIND, id: user, value: null }]),
    flushAll: () => {},
  };
}

/** Whether the devices of a recipient are known. */
export async function hasDevices(cache: PossiblyExtendedCacheStore, jid: string): Promise<boolean> {
  return (await cache.get(userOf(jid))) !== undefined;
}

/** Whether a message can go out with nothing to ask first: devices are known, and there is a Signal session with each. */
export async function isPrepared(sock: Socket, cache: PossiblyExtendedCacheStore, jid: string): Promise<boolean> {
  const devices = await cache.get<Stored["devices"] | undefined>(userOf(jid));
  if (!devices) return false;
  const sessions = devices.map((device) => sock.signalRepository.validateSession(addressOf(device)));
  return (await Promise.all(sessions)).every(({ exists }) => exists);
}

const userOf = (jid: string) => jidDecode(jid)?.user ?? "";
const addressOf = ({ user, server, device }: Stored["devices"][number]) => jidEncode(user, server, device);

export interface PreparedJids {
  /** Those that have no device. */
  without: Set<string>;
  /** Those whose keys are not to be had at the moment. */
  unready: Set<string>;
}

/**
 * Learns devices and keys of recipients with two queries for all of them. Unlike Baileys' `getUSyncDevices` it leaves
 * Signal sessions that exist as they are. A number WhatsApp does not know is left out of the answer, or has no device.
 * @param jids the first is the one that is needed now
 * @param options.rebuild fetches fresh pre-keys and begins a Signal session with each device anew
 * @throws when WhatsApp does not answer
 */
export async function prepareRecipients(
  sock: Socket,
  cache: PossiblyExtendedCacheStore,
  jids: readonly string[],
  { rebuild = false }: { rebuild?: boolean } = {},
): Promise<PreparedJids> {
  const { me } = sock.authState.creds;
  if (!me) throw new Error("not logged in");
  // Each message goes to our own phone as well.
  const asked = [...new Set([jidNormalizedUser(me.id), ...jids])];
  const known = (await cache.mget?.<Stored["devices"]>(asked.map(userOf))) ?? {};
  const unknown = asked.filter((jid) => known[userOf(jid)] === undefined);
  // One transaction, so that all keys are one write. Under the lock of Baileys' own send only where a session that a message may
  // be using is made anew: what asks for others' keys need not hold up what is written meanwhile.
  return sock.authState.keys.transaction(
    async () => {
      if (unknown.length > 0) Object.assign(known, await fetchDevices(sock, cache, unknown, me));
      const addressesOf = (some: readonly string[]) => some.flatMap((jid) => (known[userOf(jid)] ?? []).map(addressOf));
      const without = new Set(jids.filter((jid) => known[userOf(jid)] === undefined));
      const addresses = addressesOf(asked).filter((jid) => jid !== me.id);
      await foresee(sock, addresses);
      // Our own phone too: it gets a copy of each message, and the keys of the one that was given up are lost for it as well.
      if (rebuild) await sock.assertSessions(addresses, true);
      try {
        await sock.assertSessions(addresses);
        return { without, unready: new Set() };
      } catch (error) {
        if (!sock.ws.isOpen) throw error;
      }
      // One recipient's broken key bundle fails the query for all: the one that is needed now is asked for alone.
      const [first = "", ...others] = jids;
      const failed = await sock.assertSessions(addressesOf([first])).then(
        () => false,
        () => true,
      );
      return { without, unready: new Set(failed ? jids : others) };
    },
    rebuild ? me.id : "prepare",
  );
}

/**
 * Reads at once what Baileys will ask of the key store for each recipient alone, while it begins sessions and sends. Signal
 * sessions and privacy tokens are kept under the LID, where there is one.
 */
async function foresee({ authState, signalRepository }: Socket, addresses: readonly string[]): Promise<void> {
  const pairs = await signalRepository.lidMapping.getLIDsForPNs(addresses.filter((jid) => isPnUser(jid)));
  const lids = new Map(pairs?.map(({ pn, lid }) => [pn, lid]));
  const kept = addresses.map((jid) => lids.get(jid) ?? jid);
  await authState.keys.get(
    "session",
    kept.map((jid) => signalRepository.jidToSignalProtocolAddress(jid)),
  );
  await authState.keys.get("tctoken", [...new Set(kept.map((jid) => jidNormalizedUser(jid)))]);
}

async function fetchDevices(
  sock: Socket,
  cache: PossiblyExtendedCacheStore,
  jids: readonly string[],
  me: { id: string; lid?: string | undefined },
): Promise<Record<string, Stored["devices"]>> {
  const query = new USyncQuery().withContext("message").withDeviceProtocol().withLIDProtocol();
  for (const jid of jids) query.withUser(new USyncUser().withId(jid));
  const answer = await sock.executeUSyncQuery(query);
  if (!answer) throw new Error("WhatsApp did not answer the query for devices");
  const pairs = answer.list.flatMap(({ id, lid }) => (typeof lid === "string" ? [{ pn: id, lid }] : []));
  await sock.signalRepository.lidMapping.storeLIDPNMappings(pairs);
  const found: Record<string, Stored["devices"]> = {};
  for (const device of extractDeviceJids(answer.list, me.id, me.lid ?? "", false)) {
    const list = found[device.user] ?? [];
    found[device.user] = stored.shape.devices.parse([...list, device]);
  }
  const lists = Object.entries(found);
  await cache.mset?.(lists.map(([key, value]) => ({ key, value })));
  await sock.authState.keys.set({
    "device-list": Object.fromEntries(lists.map(([user, list]) => [user, list.map((d) => String(d.device ?? 0))])),
  });
  return found;
}

/** The other identity of a person, as WhatsApp told it to this phone; what it told last may not be in the database yet. */
export async function otherIdentity(sock: Pick<Socket, "signalRepository">, of: Identity): Promise<Person | null> {
  if (isGroup(of)) return null;
  const { lidMapping } = sock.signalRepository;
  const jid = jidOf(of);
  return identityOf(of.startsWith("lid:") ? await lidMapping.getPNForLID(jid) : await lidMapping.getLIDForPN(jid));
}
