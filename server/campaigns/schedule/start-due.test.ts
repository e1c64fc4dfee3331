import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, contactListMembers } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createList, createUser, readViolations, testEnv } from "#tests/factories.ts";
import { wholeList } from "../draft/audience.ts";
import { createCampaign } from "../draft/draft.ts";
import { startDueCampaigns } from "./start-due.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
beforeAll(() => {
  connection = connect(url());
  db = connection.db;
});
afterAll(() => connection.close());

const MINUTE = 60_000;

test("a start that is due has its turn, however many older ones cannot happen: the one tried longest ago comes first", async () => {
  const userId = await createUser(db);
  const { sessionId } = await createHeldSession(db, userId);
  /** Due so many minutes ago. */
  async function scheduled(minutes: number) {
    const list = await createList(db, userId, 1);
    const draft = { name: "Reunion", ...wholeList(list.id), waSessionId: sessionId, templateText: "Hi" };
    const { id } = await createCampaign(db, userId, { ...draft, throttleMinSeconds: 0, throttleMaxSeconds: 0 });
    const scheduledFor = new Date(Date.now() - minutes * MINUTE);
    await db.update(campaigns).set({ status: "scheduled", scheduledFor }).where(eq(campaigns.id, id));
    return { id, listId: list.id };
  }
  const all = [await scheduled(30), await scheduled(20), await scheduled(10)] as const;
  const [first, second, sound] = all;
  const members = await db.select().from(contactListMembers).where(eq(contactListMembers.contactListId, second.listId));
  for (const { listId } of [first, second]) {
    await db.delete(contactListMembers).where(eq(contactListMembers.contactListId, listId));
  }
  // What nobody foresaw gives way to others too.
  const unforeseen = (id: Id<"campaign">) =>
    db.execute(sql`alter table messages add constraint no_such check (campaign_id <> ${sql.raw(`'${id}'`)}) not valid`);
  const one = () => startDueCampaigns(db, testEnv(url()), 1);
  const now = () =>
    Promise.all(
      all.map(async ({ id }) => {
        const [row] = await db.select().from(campaigns).where(eq(campaigns.id, id));
        return row?.scheduleProblem ?? row?.status;
      }),
    );

  await one();
  expect(await now()).toEqual(["no_recipients", "scheduled", "scheduled"]);
  await one();
  expect(await now()).toEqual(["no_recipients", "no_recipients", "scheduled"]);
  await unforeseen(sound.id);
  await expect(one()).rejects.toThrow("could not be started");
  await db.execute(sql`alter table messages drop constraint no_such`);
  await db.insert(contactListMembers).values(members);
  await one();
  expect(await now()).toEqual(["no_recipients", "no_recipients", "scheduled"]);
  await one();
  expect(await now()).toEqual(["no_recipients", "running", "scheduled"]);
  await one();
  expect(await now()).toEqual(["no_recipients", "running", "running"]);
  expect(await readViolations(db)).toEqual([]);
});
