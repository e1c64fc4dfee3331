import { connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { wholeList } from "#server/campaigns/draft/audience.ts";
import { createCampaign } from "#server/campaigns/draft/draft.ts";
import { startCampaign } from "#server/campaigns/run/start.ts";
import { withUser } from "#server/users/with-user.ts";
import { createHeldSession, createList, createUser, testEnv, topUp } from "#tests/factories.ts";
import { againstLimit } from "./limits/result.ts";

const RECIPIENTS = 200;
const ROUNDS = 40;
const LIMIT_MS = 300;
/** As many as there may be, nearly all of whom are left out, each with a row that says why. */
const LONG = { lists: 10, people: 2_000 };
/** More than the statements of one connection are looked at before Postgres keeps their plans. */
const LONG_ROUNDS = 7;
/** The phone's row is locked meanwhile, and whoever sends from it renews its lease every 5 s. */
const LONG_LIMIT_MS = 5_000;

/**
 * The start of a campaign of 200 as the web process does it, behind row-level security: everyone judged again, texts filled
 * in, rows written, points held, pump booked, committed. p95 against its limit; and the same for 200 among 20,000 people.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  const connection = connect(url, { name: "bench", max: 1 });
  try {
    const { db } = connection;
    const times = await timeStarts(db, url, ROUNDS, { lists: 1, people: RECIPIENTS });
    const long = await timeStarts(db, url, LONG_ROUNDS, LONG);
    const usual = againstLimit(`start of ${RECIPIENTS} recipients`, times, LIMIT_MS);
    const among = againstLimit("start with a long list", long, LONG_LIMIT_MS);
    const named = (recipients: string, { rows = [] }: BenchResult) => rows.map((row) => ({ recipients, ...row }));
    return {
      ...usual,
      ok: usual.ok === true && among.ok === true,
      rows: [...named(String(RECIPIENTS), usual), ...named(`${RECIPIENTS} of ${LONG.lists * LONG.people}`, among)],
    };
  } finally {
    await connection.close();
  }
}

/** Milliseconds of each start to people on so many lists, of whom `RECIPIENTS` agreed. */
async function timeStarts(db: Db, url: string, rounds: number, { lists, people }: typeof LONG): Promise<number[]> {
  const env = testEnv(url);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const userId = await createUser(db);
    const { sessionId } = await createHeldSession(db, userId);
    const listIds: Id<"contactList">[] = [];
    for (let n = 0; n < lists; n += 1) {
      listIds.push((await createList(db, userId, people, people - RECIPIENTS / lists)).id);
    }
    const [first] = listIds;
    if (!first) throw new Error("a start needs a list");
    await topUp(db, userId, RECIPIENTS * 2);
    const { id } = await createCampaign(db, userId, {
      name: "Bench",
      ...wholeList(first),
      listIds,
      waSessionId: sessionId,
      templateText: "Hello {{name}} of {{class}}",
      throttleMinSeconds: 2,
      throttleMaxSeconds: 5,
    });
    const started = performance.now();
    await withUser(db, userId, (tx) => startCampaign(tx, env, userId, { id, recipients: RECIPIENTS }));
    // The first is not counted: compilers and caches are cold.
    if (round > 0) times.push(performance.now() - started);
  }
  return times;
}
