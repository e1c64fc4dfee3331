import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiClient, createApiClient, openAccount } from "#scripts/api-client.ts";
import { publish, type Topic } from "#server/events.ts";
import { useDatabase } from "../database.ts";
import { PASSWORD } from "../factories.ts";
import { until } from "../stage.ts";
import { startWeb, type TestWeb } from "../web.ts";

const url = useDatabase();
let web: TestWeb;
beforeAll(async () => {
  web = await startWeb(url());
});
afterAll(() => web?.stop());

interface Screen {
  userId: `usr_${string}`;
  api: ApiClient;
  heard: { topic: string; id: string }[];
  close(): void;
}

let people = 0;
/** A signed-in tab with its one stream open. */
async function openScreen(): Promise<Screen> {
  people += 1;
  const cookie = await openAccount(web.origin, {
    email: `live${people}@example.org`,
    password: PASSWORD,
    tz: "Asia/Jakarta",
  });
  const api = createApiClient(web.origin, cookie);
  const user = await api.auth.me.query();
  if (!user) throw new Error("not signed in");
  return listen(user.id, api);
}
/** @param since when the tab's page was loaded */
async function listen(userId: Screen["userId"], api: ApiClient, since?: number): Promise<Screen> {
  const before = web.live.clients();
  const heard: Screen["heard"] = [];
  let opened = false;
  const stream = api.live.events.subscribe(since === undefined ? undefined : { since }, {
    onStarted: () => {
      opened = true;
    },
    onData: (event) => heard.push(event),
  });
  await until("the stream", () => opened && web.live.clients() > before);
  return { userId, api, heard, close: () => stream.unsubscribe() };
}
const tell = (userId: Screen["userId"], topic: Topic, id: string) => publish(web.connection.db, userId, topic, id);

test("a change is heard by its user alone, with what changed and nothing of it", async () => {
  const [one, other] = [await openScreen(), await openScreen()];
  await tell(one.userId, "campaign", "cmp_1");
  await until("the event", () => one.heard.length > 0);
  await tell(other.userId, "session", "was_1");
  await until("the other's event", () => other.heard.length > 0);
  expect(one.heard).toEqual([{ topic: "campaign", id: "cmp_1" }]);
  expect(other.heard).toEqual([{ topic: "session", id: "was_1" }]);
  one.close();
  other.close();
  await until("the streams to go", () => web.live.clients() === 0);
});

test("a stream tells its page to look anew when something happened since it was loaded, and only then", async () => {
  const first = await openScreen();
  const loadedAt = Date.now();
  await tell(first.userId, "campaign", "cmp_early");
  await until("the event", () => first.heard.length > 0);
  const late = await listen(first.userId, first.api, loadedAt);
  await until("the word about it", () => late.heard.length > 0);
  expect(late.heard).toEqual([{ topic: "resync", id: "" }]);
  const fresh = await listen(first.userId, first.api, Date.now() + 1_000);
  await tell(first.userId, "campaign", "cmp_next");
  await until("the next event", () => fresh.heard.length > 0);
  expect(fresh.heard).toEqual([{ topic: "campaign", id: "cmp_next" }]);
  for (const screen of [first, late, fresh]) screen.close();
  await until("the streams to go", () => web.live.clients() === 0);
});

test("a change that is rolled back is never heard", async () => {
  const screen = await openScreen();
  const undone = web.connection.db.transaction(async (tx) => {
    await publish(tx, screen.userId, "campaign", "cmp_undone");
    throw new Error("undo");
  });
  await expect(undone).rejects.toThrow("undo");
  await tell(screen.userId, "campaign", "cmp_done");
  await until("an event", () => screen.heard.length > 0);
  expect(screen.heard).toEqual([{ topic: "campaign", id: "cmp_done" }]);
  screen.close();
});

test("a closed tab leaves nothing behind", async () => {
  await until("the earlier streams to go", () => web.live.clients() === 0);
  const screens = await Promise.all(Array.from({ length: 10 }, openScreen));
  await until("ten streams", () => web.live.clients() === 10);
  for (const screen of screens) screen.close();
  await until("the streams to go", () => web.live.clients() === 0);
});

test("when the database's connection breaks, every screen is told to look anew, and hears again", async () => {
  const screen = await openScreen();
  await web.connection.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query ilike 'listen%' and pid <> pg_backend_pid()`);
  await until("the resync", () => screen.heard.some((event) => event.topic === "resync"));
  await tell(screen.userId, "wallet", "w");
  await until("an event after it", () => screen.heard.some((event) => event.topic === "wallet"));
  screen.close();
  await until("the stream to go", () => web.live.clients() === 0);
});

test("a screen whose connection is cut opens its stream again by itself", async () => {
  const screen = await openScreen();
  web.cutConnections();
  await until("the stream to go", () => web.live.clients() === 0);
  await until("the stream to come back", () => web.live.clients() === 1);
  await tell(screen.userId, "contacts", "c");
  await until("an event", () => screen.heard.length > 0);
  screen.close();
  await until("the stream to go", () => web.live.clients() === 0);
});

test("a stranger gets no stream", async () => {
  const answer = await fetch(`${web.origin}/trpc/live.events`, { headers: { accept: "text/event-stream" } });
  const said = await answer.text();
  expect(said).toContain('"code":"UNAUTHORIZED"');
  expect(said).not.toContain("event: message");
  expect(web.live.clients()).toBe(0);
});
