import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { newId } from "#db/ids.ts";
import { suppressions } from "#db/schema/index.ts";
import { wipeBodies } from "#server/messages/silence.ts";
import { newPhone } from "../factories.ts";
import { createPastRun } from "../past-runs.ts";
import { identityOf, useInbox } from "./inbox-stage.ts";

const inbox = useInbox();
const { write, list, only, texts, person, learn } = inbox;

describe("what was said", () => {
  test("is in order, with the campaign that it answers, and is wiped after 14 days", async () => {
    const ayu = await person();
    const of = { userId: inbox.user().id, sessionId: inbox.sessionId(), name: "Class meeting" };
    const campaignId = await createPastRun(inbox.db(), of, [{ to: ayu, at: inbox.at(-1) }]);
    await write(identityOf(ayu), "I will come", 1);
    await write(identityOf(ayu), "STOP", 2);
    const { id } = await only();
    const said = await inbox.user().api.inbox.get({ id });
    expect(said.messages).toMatchObject([
      { from: "us", kind: "campaign", status: "read", campaign: { id: campaignId, name: "Class meeting" } },
      { from: "them", text: "I will come", campaign: { id: campaignId }, optsOut: false },
      { from: "them", text: "STOP", optsOut: true },
      { from: "us", kind: "opt_out", status: "queued" },
    ]);
    expect(said).toMatchObject({ optedOut: true, composer: { problem: { code: "opted_out" } } });
    expect(await only()).toMatchObject({ optedOut: true, last: { theirs: false, status: "queued" } });

    await inbox
      .db()
      .execute(sql`update messages set status = 'read', sending_at = created_at where user_id = ${inbox.user().id}`);
    await inbox.db().execute(sql`update messages set created_at = created_at - interval '15 days',
      sending_at = sending_at - interval '15 days' where user_id = ${inbox.user().id}`);
    await inbox
      .db()
      .execute(
        sql`update inbound_messages set sent_at = sent_at - interval '15 days' where user_id = ${inbox.user().id}`,
      );
    await wipeBodies(inbox.db());
    const later = await inbox.user().api.inbox.get({ id });
    expect(later.messages.map(({ text, wiped }) => [text, wiped])).toEqual(
      Array.from({ length: 4 }, () => [null, true]),
    );
    expect(await only()).toMatchObject({ last: { text: null, wiped: true } });
    expect(await list({ search: "come" })).toEqual([]);
  });

  test("of long ago is read page by page, and nothing twice", async () => {
    const chat = newPhone();
    await inbox.db().execute(sql`
      insert into inbound_messages (id, user_id, wa_session_id, wa_msg_id, sender, body, sent_at)
      select 'inb_' || lpad(n::text, 24, '0'), ${inbox.user().id}, ${inbox.sessionId()}, 'OLD' || n, ${`pn:${chat}`}, 'No ' || n,
             now() - interval '1 day' + (n / 3) * interval '1 second' from generate_series(1, 120) n`);
    await write(`pn:${chat}`, "No 121");
    const { id } = await only();
    const last = await inbox.user().api.inbox.get({ id });
    const middle = await inbox.user().api.inbox.messages({ id, cursor: last.earlierCursor ?? "" });
    const first = await inbox.user().api.inbox.messages({ id, cursor: middle.earlierCursor ?? "" });
    const all = [...first.messages, ...middle.messages, ...last.messages].map(({ text }) => text);
    expect(all).toEqual(Array.from({ length: 121 }, (_, n) => `No ${n + 1}`));
    expect(first.earlierCursor).toBe(null);
  });
});

describe("an answer is refused", () => {
  const answer = async () => {
    const { id } = await only();
    return inbox.user().api.inbox.reply({ id, text: "Hello", key: newId("message") });
  };
  test("in one sentence that says what to do", async () => {
    const ayu = await person();
    await write(identityOf(ayu), "Hi");
    const { id } = await only();
    const change = (what: ReturnType<typeof sql>) => inbox.db().execute(what);
    const cases: [ReturnType<typeof sql>, ReturnType<typeof sql>, string][] = [
      [
        sql`update contacts set consent = false where id = ${ayu.id}`,
        sql`update contacts set consent = true where id = ${ayu.id}`,
        "Ayu has not agreed",
      ],
      [
        sql`update wallets set plan_expires_at = now() - interval '1 day' where user_id = ${inbox.user().id}`,
        sql`update wallets set plan_expires_at = now() + interval '1 day' where user_id = ${inbox.user().id}`,
        "No plan is running",
      ],
      [
        sql`update wa_sessions set status = 'logged_out' where id = ${inbox.sessionId()}`,
        sql`update wa_sessions set status = 'linked' where id = ${inbox.sessionId()}`,
        "logged out. Put that right on the Link page",
      ],
      [
        sql`update schedules set paused = true where user_id = ${inbox.user().id}`,
        sql`update schedules set paused = false where user_id = ${inbox.user().id}`,
        "all sending is paused",
      ],
      [
        sql`update wa_numbers n set day = (now() at time zone n.tz)::date, day_sent = 500
             from wa_sessions s where s.phone = n.phone and s.id = ${inbox.sessionId()}`,
        sql`update wa_numbers n set day_sent = 0 from wa_sessions s where s.phone = n.phone and s.id = ${inbox.sessionId()}`,
        "It can send again from",
      ],
    ];
    for (const [harm, mend, sentence] of cases) {
      await change(harm);
      await expect(answer()).rejects.toThrow(sentence);
      expect((await inbox.user().api.inbox.get({ id })).composer.problem?.sentence).toContain(sentence);
      await change(mend);
    }
    await expect(inbox.user().api.inbox.reply({ id, text: " \n ", key: "1" })).rejects.toThrow();
    await expect(inbox.user().api.inbox.reply({ id, text: "x".repeat(4_097), key: "1" })).rejects.toThrow();
    const suppression = {
      id: newId("suppression"),
      userId: inbox.user().id,
      identity: identityOf(ayu),
      source: "manual" as const,
    };
    await inbox.db().insert(suppressions).values(suppression);
    await expect(answer()).rejects.toThrow("Only they can lift it");
    expect(await inbox.db().execute(sql`select 1 from messages where user_id = ${inbox.user().id}`)).toHaveLength(0);
  });

  test("when another was given meanwhile; the same one, sent twice, goes once", async () => {
    await write("pn:+628110001", "Hi");
    const { id } = await only();
    const { replyKey: key } = await inbox.user().api.inbox.get({ id });
    const both = await Promise.all([1, 2].map(() => inbox.user().api.inbox.reply({ id, text: "Hello", key })));
    expect(both[0]?.id).toBe(both[1]?.id);
    await expect(inbox.user().api.inbox.reply({ id, text: "Something else", key })).rejects.toThrow(
      "answered meanwhile",
    );
    expect((await inbox.user().api.inbox.get({ id })).replyKey).not.toBe(key);
    expect(await texts(id)).toEqual(["Hi", "Hello"]);
  });

  test("by nobody's hand once the person was left out, under whichever identity", async () => {
    await learn("+628110002", "lid:801");
    await write("lid:801", "Hi");
    const { id } = await only();
    await inbox.user().api.inbox.reply({ id, text: "Hello", key: "k" });
    await inbox.user().api.inbox.leaveOut({ id });
    expect((await inbox.user().api.inbox.get({ id })).messages.at(-1)).toMatchObject({ status: "skipped" });
    await expect(answer()).rejects.toThrow("Only they can lift it");
  });
});
