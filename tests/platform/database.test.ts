import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { cloneDatabase, useDatabase } from "../database.ts";

describe("a test file's database", () => {
  const url = useDatabase();

  test("is migrated and its own: what one writes, the next clone does not show", async () => {
    const mine = postgres(url(), { max: 1, onnotice: () => {} });
    const [other] = await Promise.all([cloneDatabase(), mine`create table only_mine (id int)`]);
    const theirs = postgres(other.url, { max: 1, onnotice: () => {} });
    try {
      const [users] = await theirs`select count(*)::int as n from users`;
      expect(users?.n).toBe(0);
      const tables = await theirs`select 1 from pg_tables where tablename = 'only_mine'`;
      expect(tables).toHaveLength(0);
    } finally {
      await Promise.all([mine.end(), theirs.end()]);
      await other.drop();
    }
  });

  test("clones at the same time do not disturb one another", async () => {
    const clones = await Promise.all(Array.from({ length: 6 }, () => cloneDatabase()));
    expect(new Set(clones.map((clone) => clone.url)).size).toBe(6);
    await Promise.all(clones.map((clone) => clone.drop()));
  });
});
