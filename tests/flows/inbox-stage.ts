import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Id } from "#db/ids.ts";
import { learnIdentities } from "#server/opt-outs/learn-identities.ts";
import { type InboundKeys, receiveInbound } from "#server/opt-outs/receive-inbound.ts";
import { tombstonePads } from "#server/opt-outs/tombstones.ts";
import { createHeldSession } from "../factories.ts";
import { createPeople, type Person } from "../past-runs.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";

const START = Date.now() - 3_600_000;

export const identityOf = ({ phone }: Person): `pn:${string}` => `pn:${phone}`;

/** The inbox over a real database, with a phone that nobody holds: for each test a user of its own. */
export function useInbox() {
  let stage: Stage;
  let keys: InboundKeys;
  let user: StageUser;
  let sessionId: Id<"waSession">;
  let written = 0;
  beforeAll(async () => {
    stage = await createStage({ workers: 0 });
    keys = { sessionKeys: stage.env.sessionKeys, pads: await tombstonePads(stage.db, stage.env.sessionKeys) };
  });
  afterAll(() => stage?.stop());
  beforeEach(async () => {
    user = await stage.signUp();
    ({ sessionId } = await createHeldSession(stage.db, user.id));
  });
  const list = async (input = {}) => (await user.api.inbox.list(input)).rows;

  return {
    db: () => stage.db,
    stage: () => stage,
    user: () => user,
    sessionId: () => sessionId,
    /** `minute` minutes after the file's beginning. */
    at: (minute: number) => new Date(START + minute * 60_000),
    /** Somebody writes; no text is a picture. */
    write: (from: string | [string, ...string[]], text: string | null, minute = 0, more = {}) =>
      receiveInbound(stage.db, keys, {
        waSessionId: sessionId,
        waMsgId: `IN${++written}`,
        from: typeof from === "string" ? [from] : from,
        group: null,
        text,
        content: text === null ? "picture" : "text",
        live: false,
        at: new Date(START + minute * 60_000),
        ...more,
      }),
    list,
    names: async (input = {}) => (await list(input)).map(({ name, phone }) => name ?? phone ?? "hidden"),
    /** The first conversation. */
    only: async () => {
      const [row] = await list();
      if (!row) throw new Error("there is no conversation");
      return row;
    },
    texts: async (id: Id<"conversation">) => (await user.api.inbox.get({ id })).messages.map(({ text }) => text ?? "-"),
    person: async (name = "Ayu"): Promise<Person> => {
      const [made] = await createPeople(stage.db, user.id, [name]);
      if (!made) throw new Error("nobody was made");
      return made;
    },
    /** WhatsApp tells that the two are one person. */
    learn: (phone: string, lid: `lid:${string}`) =>
      learnIdentities(stage.db, keys.pads, user.id, [{ pn: `pn:+${phone.slice(1)}`, lid }]),
  };
}
