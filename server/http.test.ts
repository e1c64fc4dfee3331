import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAccount } from "#scripts/api-client.ts";
import { useDatabase } from "#tests/database.ts";
import { PASSWORD } from "#tests/factories.ts";
import { during } from "#tests/races.ts";
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
  const asked = during(
    web.connection.db,
    (tx) => tx.execute(sql`lock table login_sessions in access exclusive mode`),
    () => ask(caller.signal),
    async () => caller.abort(),
  );
  await expect(asked).rejects.toThrow("aborted");
  await expect.poll(() => statuses(path)).toEqual([499]);
  await ask(null);
  await expect.poll(() => statuses(path)).toEqual([499, 404]);
});
