import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { importFiles, importRows, imports } from "#db/schema/index.ts";
import { readImport } from "#server/imports/read.ts";
import { limits } from "#server/imports/rules.ts";
import { createStage, type Stage, type StageUser, until } from "../stage.ts";
import { allCounts, commit, csvOf, refused, upload } from "./import-steps.ts";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
});

const ROWS = 20_000;
const people = Array.from({ length: ROWS }, (_, n) => [
  `Person ${n} with a name that takes its room`,
  `+6281${String(210_000_000 + n)}`,
  "yes",
]);
const large = csvOf(people);
const stageLarge = (file = large) => user.api.imports.stage(upload(file, "large.csv"));
const rowsOf = (importId: `imp_${string}`) => stage.db.$count(importRows, eq(importRows.importId, importId));
const jobs = () =>
  stage.db.execute<{ payload: unknown }>(sql`select payload from graphile_worker._private_jobs j
    join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'imports:read'`);

test("A large file is read by a worker while its owner goes on, and says how far it is", async () => {
  expect(large.length).toBeGreaterThan(limits.readAtOnceBytes);
  const staged = await stageLarge();
  expect(staged).toMatchObject({ status: "reading", total: 0, counts: allCounts({}), rows: [] });
  expect(await jobs()).toMatchObject([{ payload: { importId: staged.id } }]);
  await expect(commit(user.api, staged.id)).rejects.toEqual(refused("wrong_state"));
  const worker = await stage.startWorker();
  const read = await until("the file to be read", async () => {
    const now = await user.api.imports.preview({ importId: staged.id });
    return now.status === "reading" ? null : now;
  });
  await worker.stop();
  expect(read).toMatchObject({ status: "staged", total: ROWS, counts: allCounts({ valid: ROWS }) });
  expect(await commit(user.api, staged.id)).toMatchObject({ added: ROWS });
});

test("How far the reading is, is there to see before the rows are", async () => {
  const { id } = await stageLarge();
  const seen = new Set<number>();
  await Promise.all([
    readImport(stage.db, stage.env, id),
    until("the end", async () => {
      const { status, readSoFar, rows } = await user.api.imports.preview({ importId: id });
      if (status === "reading") expect(rows).toEqual([]);
      seen.add(readSoFar);
      return status !== "reading";
    }),
  ]);
  expect([...seen].some((rows) => rows > 0 && rows < ROWS)).toBe(true);
});

test("A job that runs twice at the same moment reads the file once", async () => {
  const { id } = await stageLarge();
  await Promise.all([readImport(stage.db, stage.env, id), readImport(stage.db, stage.env, id)]);
  await readImport(stage.db, stage.env, id);
  expect(await rowsOf(id)).toBe(ROWS);
  expect(await user.api.imports.preview({ importId: id })).toMatchObject({ status: "staged", total: ROWS });
});

test("A job whose connection dies in the middle leaves no row behind, and the next run starts anew", async () => {
  const { id } = await stageLarge();
  const reading = readImport(stage.db, stage.env, id);
  const died = expect(reading).rejects.toThrow();
  await until("the first rows to be written", async () => {
    const [backend] = await stage.db.execute<{ pid: number }>(sql`
      select pid from pg_stat_activity where datname = current_database() and query like '%insert into import_rows%'
         and pid <> pg_backend_pid() and xact_start is not null`);
    return backend && (await stage.db.execute(sql`select pg_terminate_backend(${backend.pid})`));
  });
  await died;
  expect(await rowsOf(id)).toBe(0);
  expect(await user.api.imports.preview({ importId: id })).toMatchObject({ status: "reading" });
  await readImport(stage.db, stage.env, id);
  expect(await user.api.imports.preview({ importId: id })).toMatchObject({ status: "staged", total: ROWS });
  expect(await rowsOf(id)).toBe(ROWS);
});

test("A large file that cannot be read becomes a failed import that says why", async () => {
  const open = `${large}\n"never closed,+6281200000001,yes`;
  const { id } = await stageLarge(open);
  await readImport(stage.db, stage.env, id);
  const failed = await user.api.imports.preview({ importId: id });
  expect(failed).toMatchObject({ status: "failed", error: expect.stringMatching(/quotation mark/), rows: [] });
  expect(await stage.db.$count(importFiles, eq(importFiles.importId, id))).toBe(0);
});

test("A file that is thrown away while it is read stays away", async () => {
  const { id } = await stageLarge();
  const reading = readImport(stage.db, stage.env, id);
  await user.api.imports.discard({ importId: id });
  await reading;
  expect(await rowsOf(id)).toBe(0);
  const [kept] = await stage.db.select().from(imports).where(eq(imports.id, id));
  expect(kept).toMatchObject({ status: "discarded" });
});
