import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "#db/ids.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "#tests/stage.ts";

let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
beforeAll(async () => {
  stage = await createStage({ workers: 2 });
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});
afterAll(() => stage?.stop());
beforeEach(() => until("the session to be held and ready", () => stage.isReady(linked.sessionId)));

const owner = () => {
  const worker = stage.workers.find((one) => one.sessions.held(linked.sessionId));
  const held = worker?.sessions.held(linked.sessionId);
  if (!worker || !held) throw new Error("nobody holds the session");
  return { worker, held };
};
const lease = async () => {
  const [row] = await stage.db.execute<{ owner: string | null; epoch: string; status: string }>(
    sql`select owner_id as owner, epoch::text, status from wa_sessions where id = ${linked.sessionId}`,
  );
  return row;
};

describe("of two workers", () => {
  test("one holds a session; when it stops, it gives the session back, and the other goes on without waiting for the lease", async () => {
    const { worker, held } = owner();
    const { maxLivePerDevice } = await stage.simulator.connections(linked.phone);
    expect(maxLivePerDevice).toBe(1);
    const before = await lease();
    await worker.stop();
    expect(held.signal.aborted).toBe(true);
    expect((await lease())?.owner).not.toBe(before?.owner);
    await until("the other to go on", () => stage.isReady(linked.sessionId));
    expect(owner().held.epoch).toBeGreaterThan(held.epoch);
    // Never two sockets of one device at a time: WhatsApp would throw one of them out.
    expect((await stage.simulator.connections(linked.phone)).maxLivePerDevice).toBe(1);
    await stage.startWorker();
  });

  test("the one whose lease was taken away stops at once, and what it still writes is refused", async () => {
    const { held } = owner();
    const thief = newId("worker");
    await stage.db.execute(sql`update wa_sessions set owner_id = ${thief}, epoch = epoch + 1,
      lease_until = now() + interval '1 minute' where id = ${linked.sessionId}`);
    const before = await keysWritten();
    await held.prepare([`pn:+${linked.phone.slice(1, -3)}999`]).catch(() => {});
    expect(await keysWritten()).toEqual(before);
    await until("the old holder to stop", () => held.signal.aborted);
    expect(await lease()).toMatchObject({ owner: thief, status: "linked" });
    await stage.db.execute(sql`update wa_sessions set lease_until = now() where id = ${linked.sessionId}`);
    await until("the lease that ran out to be taken", () => stage.isReady(linked.sessionId));
  });
});

const keysWritten = () =>
  stage.db.execute(sql`select kind, key_hash, md5(value) from wa_session_keys
    where wa_session_id = ${linked.sessionId} order by 1, 2`);

describe("a worker", () => {
  test("survives the loss of every connection to the database, and forgets no fact", async () => {
    const { held } = owner();
    await stage.db.execute(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await stage.simulator.write(linked.phone.replace(/\d{4}$/, "7777"), linked.phone, "STOP");
    await until("the opt-out to be stored", async () => {
      const rows = await stage.db.execute(sql`select 1 from suppressions where user_id = ${user.id}`).catch(() => []);
      return rows.length > 0;
    });
    await sleep(500);
    expect(held.signal.aborted).toBe(false);
    expect(stage.isReady(linked.sessionId)).toBe(true);
  });

  test("tries again when WhatsApp answers with an HTTP error in place of a WebSocket", async () => {
    await stage.simulator.setFaults(linked.phone, { refuseUpgrade: { status: 503, count: 1 } });
    await stage.simulator.drop(linked.phone);
    await until("the connection to be lost", async () => (await lease())?.status === "reconnecting");
    await until("the connection to be back", () => stage.isReady(linked.sessionId));
    expect((await lease())?.status).toBe("linked");
  });

  test("reads an opt-out that came while it was away before it may send", async () => {
    await Promise.all(stage.workers.map((worker) => worker.stop()));
    expect(await lease()).toMatchObject({ owner: null });
    await stage.db.execute(sql`delete from suppressions`);
    await stage.simulator.write(linked.phone.replace(/\d{4}$/, "8888"), linked.phone, "STOP");
    await stage.startWorker();
    await until("the session to be ready", () => stage.isReady(linked.sessionId));
    const rows = await stage.db.execute(sql`select 1 from suppressions where user_id = ${user.id}`);
    expect(rows.length).toBeGreaterThan(0);
    await stage.startWorker();
  });

  test("answers a command that nobody could do in time", async () => {
    const id = newId("waCommand");
    const { id: idle } = await user.api.wa.link();
    await stage.db.execute(sql`insert into wa_commands (id, wa_session_id, user_id, kind, expires_at)
      values (${id}, ${idle}, ${user.id}, 'unlink', now() - interval '1 second')`);
    expect((await user.api.wa.get({ id: idle })).command).toMatchObject({ kind: "unlink", status: "failed" });
  });

  test("tells how it is: alive, ready, and its figures", async () => {
    const at = (path: string) => fetch(`http://127.0.0.1:${owner().worker.port}${path}`);
    expect(await (await at("/healthz")).json()).toEqual({ ok: true });
    await expect
      .poll(async () => (await at("/readiness")).json())
      .toEqual({ ready: true, database: true, leases: true });
    expect(await (await at("/metrics")).text()).toContain("queue_depth");
    expect((await at("/else")).status).toBe(404);
  });
});
