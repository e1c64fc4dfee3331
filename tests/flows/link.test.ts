import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { waSessionKeys, waSessions } from "#db/schema/index.ts";
import { qrPng } from "#server/wa/qr-png.ts";
import { newPhone } from "../factories.ts";
import { createStage, type Stage, until } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  if (stage.workers.length === 0) await stage.startWorker();
});

const statusOf = async (sessionId: string) =>
  (await stage.db.execute<{ status: string }>(sql`select status from wa_sessions where id = ${sessionId}`))[0]?.status;

describe("linking a phone", () => {
  test("the code is shown to its owner alone, and scanning it links the phone", async () => {
    const [user, stranger] = [await stage.signUp(), await stage.signUp()];
    const phone = newPhone();
    await stage.simulator.openAccount(phone, "Ani");
    const { sessionId, qr } = await stage.showQr(user);
    expect(await user.api.wa.get({ id: sessionId })).toMatchObject({ status: "waiting", next: "scan", phone: null });
    expect((await qrPng(stage.db, user.id, sessionId))?.subarray(1, 4).toString()).toBe("PNG");
    await expect(qrPng(stage.db, stranger.id, sessionId)).rejects.toMatchObject({ code: "not_found" });

    await stage.simulator.scan(phone, qr);
    await until("the phone to be ready", () => stage.isReady(sessionId));
    const linked = await user.api.wa.get({ id: sessionId });
    expect(linked).toMatchObject({ status: "linked", phone, qr: null, sentToday: 0, dailyCap: 500 });
    expect(await qrPng(stage.db, user.id, sessionId)).toBeNull();
    await expect(user.api.wa.newQr({ id: sessionId })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(user.api.wa.remove({ id: sessionId })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("another user sees and changes nothing of it", async () => {
    const [user, stranger] = [await stage.signUp(), await stage.signUp()];
    const { id } = await user.api.wa.link();
    expect(await stranger.api.wa.list()).toEqual([]);
    for (const act of ["get", "newQr", "unlink", "remove"] as const) {
      await expect(stranger.api.wa[act]({ id }), act).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    expect(await user.api.wa.list()).toHaveLength(1);
    await user.api.wa.remove({ id });
    expect(await user.api.wa.list()).toEqual([]);
  });

  test("a user has at most three phones, and room again after removing one", async () => {
    const user = await stage.signUp();
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => user.api.wa.link()));
    expect(asked.filter((one) => one.status === "fulfilled")).toHaveLength(3);
    const [first, ...others] = await user.api.wa.list();
    await user.api.wa.remove({ id: first?.id ?? "was_" });
    const { id } = await user.api.wa.link();
    for (const session of [...others, { id }]) await user.api.wa.remove({ id: session.id });
    await until("the sockets to close", () => others.every(({ id }) => !stage.workers[0]?.sessions.held(id)));
  });
});

describe("a linked phone", () => {
  test("comes back after a restart of the worker without a new code, and after a lost connection", async () => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    await stage.workers[0]?.stop();
    expect(await user.api.wa.get({ id: sessionId })).toMatchObject({ status: "reconnecting", statusReason: "offline" });
    expect(await statusOf(sessionId)).toBe("linked");

    await stage.startWorker();
    await until("the session to be taken up again", () => stage.isReady(sessionId));
    expect(await user.api.wa.get({ id: sessionId })).toMatchObject({ status: "linked", phone, qr: null });
    expect((await stage.simulator.account(phone)).devices).toHaveLength(1);

    await stage.simulator.drop(phone);
    await until("the loss to be told", async () => (await statusOf(sessionId)) === "reconnecting");
    await until("the connection to be back", () => stage.isReady(sessionId));
    expect(await statusOf(sessionId)).toBe("linked");
  });

  test("unlinked on the phone is logged out here, and everything of it is erased", async () => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    await stage.simulator.unlink(phone);
    await until("the log-out", async () => (await statusOf(sessionId)) === "logged_out");
    await expectErased(sessionId);
    expect(await user.api.wa.get({ id: sessionId })).toMatchObject({ next: "new_qr", phone });

    await user.api.wa.newQr({ id: sessionId });
    const qr = await until("a new code", async () => (await user.api.wa.get({ id: sessionId })).qr);
    await stage.simulator.scan(phone, qr);
    await until("the phone to be linked again", () => stage.isReady(sessionId));
  });

  test("unlinked in the app is gone from the phone too", async () => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    await user.api.wa.unlink({ id: sessionId });
    await until("the log-out", async () => (await statusOf(sessionId)) === "logged_out");
    await expectErased(sessionId);
    const session = await until("the command to be answered", async () => {
      const now = await user.api.wa.get({ id: sessionId });
      return now.command?.status === "done" && now;
    });
    expect(session).toMatchObject({ statusReason: "unlinked", command: { kind: "unlink" } });
    expect((await stage.simulator.account(phone)).devices).toEqual([]);
    await user.api.wa.remove({ id: sessionId });
    await expect(user.api.wa.get({ id: sessionId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

async function expectErased(sessionId: string): Promise<void> {
  const [row] = await stage.db.execute<{ secrets: number; keys: number }>(sql`
    select num_nonnulls(credentials, wrapped_key, key_id)::int as secrets,
           (select count(*)::int from wa_session_keys k where k.wa_session_id = s.id) as keys
      from wa_sessions s where id = ${sessionId}`);
  expect(row).toEqual({ secrets: 0, keys: 0 });
}

describe("what is stored of a linked phone", () => {
  test("is unreadable in the database: no key, no name of a key, no number", async () => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    await until("pre-keys", async () => (await keyRows(sessionId)).length > 5);
    const [session] = await stage.db
      .select({ credentials: waSessions.credentials, wrappedKey: waSessions.wrappedKey })
      .from(waSessions)
      .where(eq(waSessions.id, sessionId as typeof waSessions.$inferSelect.id));
    expect(session?.credentials?.length).toBeGreaterThan(1_000);
    const everything = Buffer.concat([
      ...(await keyRows(sessionId)).flatMap((row) => [Buffer.from(row.keyHash), row.value]),
      session?.credentials ?? Buffer.of(),
      session?.wrappedKey ?? Buffer.of(),
    ]).toString("latin1");
    for (const word of ["noiseKey", "signedIdentityKey", "private", "Buffer", phone.slice(1)]) {
      expect(everything).not.toContain(word);
    }
  });

  test.each(["a flipped byte in the credentials", "a key row that was moved"])(
    "%s is refused, and the user is asked",
    async (what) => {
      const user = await stage.signUp();
      const { sessionId } = await stage.linkPhone(user);
      await until("pre-keys", async () => (await keyRows(sessionId)).length > 5);
      await stage.workers[0]?.stop();
      if (what.includes("credentials")) {
        await stage.db.execute(sql`update wa_sessions
        set credentials = set_byte(credentials, 100, get_byte(credentials, 100) # 1) where id = ${sessionId}`);
      } else {
        await stage.db.execute(sql`update wa_session_keys k set value = (
        select value from wa_session_keys o where o.wa_session_id = k.wa_session_id and o.kind = k.kind
           and o.key_hash <> k.key_hash limit 1) where wa_session_id = ${sessionId} and kind = 'pre-key'`);
      }
      await stage.startWorker();
      await until("the refusal", async () => (await statusOf(sessionId)) === "needs_attention");
      const session = await user.api.wa.get({ id: sessionId });
      expect(session).toMatchObject({ statusReason: "unreadable", next: "new_qr" });
      expect(session.sentence).toContain("cannot be read");
      await until("the lease to be given back", () => !stage.workers[0]?.sessions.held(sessionId));
      await user.api.wa.newQr({ id: sessionId });
      await until("a new code", async () => (await user.api.wa.get({ id: sessionId })).qr);
    },
  );
});

const keyRows = (sessionId: string) =>
  stage.db.select().from(waSessionKeys).where(sql`${waSessionKeys.waSessionId} = ${sessionId}`);
