import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAccount } from "#scripts/api-client.ts";
import { useDatabase } from "#tests/database.ts";
import { PASSWORD } from "#tests/factories.ts";
import { startWeb, type TestWeb } from "#tests/web.ts";

const url = useDatabase();
const logged: string[] = [];
let web: TestWeb;
beforeAll(async () => {
  web = await startWeb(url(), { LOG_LEVEL: "info" }, { write: (line) => logged.push(line) });
});
afterAll(() => web?.stop());

const statuses = (path: string) =>
  logged.map((line) => JSON.parse(line)).flatMap((line) => (line.path === path ? [line.status] : []));

test("what its caller gave up is in the log as that, and not as an answer or a failure of ours", async () => {
  const account = await openAccount(web.origin, { email: "gone@example.org", password: PASSWORD, tz: "Asia/Jakarta" });
  const path = "/contacts/imports/imp_0/rejected.csv";
  const caller = new AbortController();
  const ask = (signal: AbortSignal | null) =>
    fetch(`${web.origin}${path}`, { headers: { cookie: account.cookie }, signal });
  const { db } = web.connection;
  await db.transaction(async (tx) => {
    await tx.execute(sql`lock table login_sessions in access exclusive mode`);
    const asked = ask(caller.signal);
    await expect
      .poll(() => db.execute(sql`select 1 from pg_locks where relation = 'login_sessions'::regclass and not granted`))
      .toHaveLength(1);
    caller.abort();
    await expect(asked).rejects.toThrow("aborted");
  });
  await expect.poll(() => statuses(path)).toEqual([499]);
  await ask(null);
  await expect.poll(() => statuses(path)).toEqual([499, 404]);
});
