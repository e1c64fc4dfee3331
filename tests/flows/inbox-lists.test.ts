import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { inboundMessages } from "#db/schema/index.ts";
import { answerInbound } from "#server/automation/answer.ts";
import { createLog } from "#server/log.ts";
import { createHeldSession, newPhone } from "../factories.ts";
import { identityOf, useInbox } from "./inbox-stage.ts";

const inbox = useInbox();
const { write, list, names, only, texts, person, learn } = inbox;

describe("the list of conversations", () => {
  test("has one for each person, the newest first, with the last word and what nobody has seen", async () => {
    const [ayu, bo] = [await person("Ayu"), await person("Bo")];
    await write(identityOf(ayu), "Good morning", 1);
    await write(identityOf(bo), "When is the meeting?", 2);
    await write(identityOf(ayu), null, 3);
    expect(await list()).toMatchObject([
      { name: "Ayu", phone: ayu.phone, unread: 2, last: { theirs: true, text: null, content: "picture" } },
      { name: "Bo", unread: 1, last: { text: "When is the meeting?", wiped: false } },
    ]);
    expect(await inbox.user().api.inbox.unread()).toBe(2);
    const [first] = await list();
    await inbox.user().api.inbox.markRead({ id: first?.id ?? "cnv_" });
    expect(await names({ show: "unread" })).toEqual(["Bo"]);
    await inbox.user().api.inbox.markUnread({ id: first?.id ?? "cnv_" });
    expect(await names({ show: "unread" })).toEqual(["Ayu", "Bo"]);
  });

  test("names the rule that had the last word, not the person who never wrote it", async () => {
    const { api } = inbox.user();
    const rule = await api.rules.save({
      name: "Price list",
      match: "keyword",
      patterns: ["harga"],
      responses: [{ text: "Rp 10.000" }],
    });
    await write("pn:+628110002", "harga?", 0, { live: true, at: new Date() });
    const [inbound] = await inbox
      .db()
      .select()
      .from(inboundMessages)
      .where(eq(inboundMessages.sender, "pn:+628110002"));
    const log = createLog("worker", inbox.stage().env);
    const deps = { sessionKeys: inbox.stage().env.sessionKeys, pricePoints: 0, log };
    await answerInbound(inbox.db(), deps, inbound?.id ?? "inb_");
    const said = { theirs: false, text: "Rp 10.000", by: "auto_reply" };
    expect(await only()).toMatchObject({ last: { ...said, rule: "Price list" } });
    await api.rules.remove({ id: rule.id });
    expect(await only()).toMatchObject({ last: { ...said, rule: null } });
    const { id, replyKey: key } = await api.inbox.get({ id: (await only()).id });
    await api.inbox.reply({ id, text: "And Rp 12.000 from May", key });
    expect(await only()).toMatchObject({ last: { by: "manual", rule: null } });
  });

  test("keeps what came after the last message that was seen unread", async () => {
    await write("pn:+628110001", "One");
    const { id } = await only();
    const [seen] = (await inbox.user().api.inbox.get({ id })).messages;
    await write("pn:+628110001", "Two", 1);
    await inbox.user().api.inbox.markRead({ id, upTo: seen?.id as Id<"inboundMessage"> });
    expect(await only()).toMatchObject({ unread: 1 });
  });

  test("is found by name, by number and by what was written, capitals and accents aside", async () => {
    const [cafe, bo] = [await person("Café Anggrek"), await person("Bo")];
    await write(identityOf(cafe), "Are you open?", 1);
    await write(identityOf(bo), "The INVOICE is 100% paid", 2);
    await write("lid:77", "Hello there", 3);
    expect(await names({ search: "cafe" })).toEqual(["Café Anggrek"]);
    expect(await names({ search: bo.phone.slice(-6) })).toEqual(["Bo"]);
    expect(await names({ search: "invoice" })).toEqual(["Bo"]);
    expect(await names({ search: "100%" })).toEqual(["Bo"]);
    expect(await names({ search: "HELLO" })).toEqual(["hidden"]);
    expect(await names({ search: "nothing like it" })).toEqual([]);
    expect(await names({ search: "%" })).toEqual(["Bo"]);
  });

  test("comes page by page, and of one phone when that is asked for", async () => {
    const other = await createHeldSession(inbox.db(), inbox.user().id);
    for (const n of [1, 2, 3, 4, 5]) await write(`pn:+62811000${n}`, "Hi", n);
    await write("pn:+628119999", "To the other phone", 9, { waSessionId: other.sessionId });
    const first = await inbox.user().api.inbox.list({ waSessionId: inbox.sessionId(), limit: 3 });
    expect(first.rows.map(({ phone }) => phone)).toEqual(["+628110005", "+628110004", "+628110003"]);
    const rest = await inbox
      .user()
      .api.inbox.list({ waSessionId: inbox.sessionId(), limit: 3, cursor: first.nextCursor ?? "" });
    expect(rest).toMatchObject({ rows: [{ phone: "+628110002" }, { phone: "+628110001" }], nextCursor: null });
    expect(await list()).toHaveLength(6);
  });

  test("is the user's own", async () => {
    await write("pn:+628110001", "Between us");
    const { id } = await only();
    const { api } = await inbox.stage().signUp();
    expect(await api.inbox.list()).toEqual({ rows: [], nextCursor: null });
    expect(await api.inbox.unread()).toBe(0);
    const refusal = { message: expect.stringContaining("not yours") };
    for (const asked of [
      () => api.inbox.get({ id }),
      () => api.inbox.markRead({ id }),
      () => api.inbox.leaveOut({ id }),
      () => api.inbox.reply({ id, text: "Hi", key: "k" }),
    ])
      await expect(asked()).rejects.toMatchObject(refusal);
    expect(await only()).toMatchObject({ unread: 1 });
  });
});

describe("one person is one conversation", () => {
  test("whose number is learnt after they wrote under both; who has the other open is led to it", async () => {
    const phone = newPhone();
    await write("lid:501", "From the hidden number", 1);
    await write(`pn:${phone}`, "From the number", 2);
    const before = await list();
    expect(before).toHaveLength(2);
    await learn(phone, "lid:501");
    const one = await only();
    expect(one).toMatchObject({ phone, unread: 2 });
    for (const { id } of before) {
      expect(await inbox.user().api.inbox.get({ id })).toMatchObject({ id: one.id, phone });
      expect(await texts(id)).toEqual(["From the hidden number", "From the number"]);
    }
    await write("lid:501", "Again", 3);
    expect(await only()).toMatchObject({ id: one.id, unread: 3 });
  });

  test("of whom WhatsApp hid the number at first", async () => {
    await write("lid:601", "Who am I?");
    expect(await only()).toMatchObject({ phone: null });
    const phone = newPhone();
    await learn(phone, "lid:601");
    expect(await only()).toMatchObject({ phone, unread: 1 });
  });

  test("also after two contacts were merged; under the name and number that were kept", async () => {
    const [keep, other] = [await person("Ayu"), await person("Ayu at work")];
    await write(identityOf(other), "From work", 1);
    await write(identityOf(keep), "From home", 2);
    await inbox.user().api.contacts.merge({ keepId: keep.id, otherId: other.id });
    expect(await list()).toMatchObject([{ name: "Ayu", phone: keep.phone, unread: 2 }]);
    const { id } = await only();
    expect(await texts(id)).toEqual(["From work", "From home"]);
  });

  test("who is erased has none any more, nor when they write again, until they write START", async () => {
    const ayu = await person();
    await learn(ayu.phone, "lid:701");
    await write(["lid:701", identityOf(ayu)], "Forget me");
    const { id } = await only();
    await inbox.user().api.contacts.erase({ id: ayu.id, confirm: "Ayu" });
    expect(await list()).toEqual([]);
    await expect(inbox.user().api.inbox.get({ id })).rejects.toThrow();
    await write(identityOf(ayu), "Still here?", 1);
    expect(await list()).toEqual([]);
    const rows = await inbox
      .db()
      .execute(sql`select to_jsonb(v) from conversations v where user_id = ${inbox.user().id}`);
    expect(JSON.stringify(rows)).not.toContain(ayu.phone.slice(1));
    await write(identityOf(ayu), "START", 2);
    expect(await only()).toMatchObject({ phone: ayu.phone, name: null });
  });

  test("who is removed from the contacts goes by the number again", async () => {
    const ayu = await person();
    await write(identityOf(ayu), "Hi");
    await inbox.user().api.contacts.remove({ ids: [ayu.id] });
    expect(await only()).toMatchObject({ name: null, phone: ayu.phone });
  });
});
