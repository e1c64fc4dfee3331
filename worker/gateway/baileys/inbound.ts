import "./quiet.ts";
import {
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  decodeMessageNode,
  getBinaryNodeChildren,
  jidDecode,
  proto,
  type SignalKeyStore,
  type SignalKeyStoreWithTransaction,
  type UserFacingSocketConfig,
  unpadRandomMax16,
} from "@whiskeysockets/baileys";
import type { GatewayEvent } from "../gateway.ts";
import { fromUpsert } from "./translate.ts";

/** What Baileys decrypts of a message; of another kind it only says that it does not know it. */
const DECRYPTED = new Set(["msg", "pkmsg", "skmsg"]);

type MakeRepository = NonNullable<UserFacingSocketConfig["makeSignalRepository"]>;

export interface Inbound {
  /** Baileys' `makeSignalRepository`. */
  makeRepository: MakeRepository;
  /**
   * Has to see every message stanza when it arrives.
   * @returns whether there is anything in it to decrypt: `opened` is told of its id then, sooner or later
   */
  watch(stanza: BinaryNode): boolean;
  /** Whether this message was handed over before its receipt; asked once for each. */
  wasKept(waMsgId: string): boolean;
  /** Whether a message is being handed over, however long the database takes. */
  isKeeping(): boolean;
  /**
   * Does something with the Signal session of a person while no message of theirs is being decrypted.
   * @returns false when one was, once it is kept: it may be an opt-out, and what was to be done has to be judged anew
   */
  atOnce(jid: string, act: () => Promise<unknown>): Promise<boolean>;
}

/**
 * Baileys answers a message as delivered before it tells of it: a process that ends between the two has lost it for ever,
 * an opt-out too. Decryption is the last step before that answer, so messages are handed over there. The keys it used
 * are stored after that: had they been stored first, WhatsApp would bring the message again and nobody could read it. What is
 * written in a group too: a STOP is heard there.
 * @param me this device
 * @param keep resolves when the event is in the database, or could not be brought there (false): then the sender's phone is
 * asked for the message again
 * @param opened told of a message by its id when all of it was decrypted, or could not be. One that was kept before, and whose
 * receipt WhatsApp did not get, comes again with keys that are used up: Baileys tells nothing of that.
 */
export function inboundFirst(
  me: () => { id: string; lid?: string | undefined } | undefined,
  keep: (event: GatewayEvent) => Promise<boolean>,
  opened: (waMsgId: string) => void,
): Inbound {
  const stanzas = new WeakMap<Uint8Array, BinaryNode>();
  /** How many parts of a message are still to be decrypted. */
  const closed = new WeakMap<BinaryNode, number>();
  const kept = new Set<string>();
  let keeping = 0;
  const turns = new Map<string, Promise<unknown>>();
  let addressOf = async (jid: string) => jid;

  const userOf = async (jid: string) => jidDecode(await addressOf(jid))?.user ?? jid;

  /** The answer and the question are one chain of keys: of two at once, the later would undo what the other has stored. */
  async function inTurn<T>(user: string, act: () => Promise<T>): Promise<T> {
    const done = (turns.get(user) ?? Promise.resolve()).then(act);
    const ended = done.catch(() => {});
    turns.set(user, ended);
    await ended;
    if (turns.get(user) === ended) turns.delete(user);
    return done;
  }

  async function atOnce(jid: string, act: () => Promise<unknown>): Promise<boolean> {
    const user = await userOf(jid);
    const before = turns.get(user);
    if (before) {
      await before;
      return false;
    }
    await inTurn(user, act);
    return true;
  }

  async function handOver(ciphertext: Uint8Array, plain: Uint8Array): Promise<void> {
    const stanza = stanzas.get(ciphertext);
    const self = me();
    if (!stanza || !self) return;
    const { fullMessage } = decodeMessageNode(stanza, self.id, self.lid ?? "");
    const content = proto.Message.decode(unpadRandomMax16(plain));
    fullMessage.message = content.deviceSentMessage?.message ?? content;
    for (const event of fromUpsert({ messages: [fullMessage], type: stanza.attrs.offline ? "append" : "notify" })) {
      // In a group the keys may come first and the text after them, under one id: the keys alone are not the message.
      if (event.type === "inbound" && event.group !== null && event.text === null) continue;
      keeping += 1;
      const isKept = await keep(event).finally(() => {
        keeping -= 1;
      });
      if (!isKept) throw new Error("What came in could not be kept.");
      if (event.type === "inbound") kept.add(event.waMsgId);
    }
  }

  async function open<T>(ciphertext: Uint8Array, decrypt: () => Promise<T>): Promise<T> {
    try {
      return await decrypt();
    } finally {
      const stanza = stanzas.get(ciphertext);
      const left = stanza && (closed.get(stanza) ?? 0) - 1;
      if (stanza && left !== undefined) closed.set(stanza, left);
      if (left === 0 && stanza?.attrs.id) opened(stanza.attrs.id);
    }
  }

  return {
    makeRepository(auth, ...rest) {
      const { keys } = auth;
      const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, ...rest);
      addressOf = async (jid) => (await repository.lidMapping.getLIDForPN(jid)) ?? jid;
      const decrypt = repository.decryptMessage.bind(repository);
      const decryptInGroup = repository.decryptGroupMessage.bind(repository);
      return Object.assign(repository, {
        decryptMessage: (asked: Parameters<typeof decrypt>[0]) =>
          open(asked.ciphertext, async () =>
            inTurn(await userOf(asked.jid), () =>
              inTransaction(keys, asked.jid, async () => {
                const plain = await decrypt(asked);
                await handOver(asked.ciphertext, plain);
                return plain;
              }),
            ),
          ),
        decryptGroupMessage: (asked: Parameters<typeof decryptInGroup>[0]) =>
          open(asked.msg, () =>
            inTransaction(keys, asked.group, async () => {
              const plain = await decryptInGroup(asked);
              await handOver(asked.msg, plain);
              return plain;
            }),
          ),
      });
    },
    watch(stanza) {
      let parts = 0;
      for (const { attrs, content } of getBinaryNodeChildren(stanza, "enc")) {
        if (!(content instanceof Uint8Array) || !DECRYPTED.has(attrs.type ?? "")) continue;
        stanzas.set(content, stanza);
        parts += 1;
      }
      closed.set(stanza, parts);
      return parts > 0;
    },
    wasKept: (waMsgId) => kept.delete(waMsgId),
    isKeeping: () => keeping > 0,
    atOnce,
  };
}

/** Baileys always gives a store with transactions; the type leaves it open. An inner one is part of the outer. */
function inTransaction<T>(
  keys: SignalKeyStore | SignalKeyStoreWithTransaction,
  jid: string,
  act: () => Promise<T>,
): Promise<T> {
  return "transaction" in keys ? keys.transaction(act, jid) : act();
}
