import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { auditLogs, media, mediaUploads } from "#db/schema/index.ts";
import { createList, newPhone, readViolations } from "../factories.ts";
import { makePicture } from "../fixtures/media/pictures.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "../stage.ts";

const PDF = Buffer.from("%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage({ env: { ACK_TIMEOUT_MS: "30000" } });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 10, readMs: 20 });
});
afterEach(async () => {
  await stage.simulator.clearFaults(phone.phone);
  expect(await readViolations(stage.db)).toEqual([]);
});

async function attach(name: string, bytes: Uint8Array, type = ""): Promise<Id<"media">> {
  const form = new FormData();
  form.set("file", new File([new Uint8Array(bytes)], name, { type }));
  return (await user.api.media.upload(form)).id;
}

async function draft(people: number, mediaId: Id<"media">) {
  const list = await createList(stage.db, user.id, people);
  const { id } = await user.api.campaigns.create({
    name: "Open day",
    listIds: [list.id],
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}, come and see",
    mediaId,
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  return { id, phones: list.phones };
}
const start = (id: string, recipients: number) => user.api.campaigns.start({ id, recipients, consentConfirmed: true });
const statusOf = async (id: string) => {
  const { status, pauseReason } = await user.api.campaigns.get({ id });
  return pauseReason ? `${status}: ${pauseReason}` : status;
};
const becomes = (id: string, status: string) =>
  until(`the campaign to be ${status}`, async () => (await statusOf(id)) === status);
const uploads = async () => (await stage.simulator.account(phone.phone)).uploads;
/** What a recipient's phone shows in the chat with ours, with the bytes of the file. */
async function shownOn(number: string, from = phone.phone) {
  const messages = await until(`a message on ${number}`, async () => {
    const chat = (await stage.simulator.phoneChats(number)).find((one) => one.with === from);
    return chat && chat.messages.length > 0 && chat.messages;
  });
  return Promise.all(
    messages.map(async ({ text, media: file }) => ({
      text,
      file: file && { ...file, same: sha256(new Uint8Array(await stage.simulator.media(number, file.sha256))) },
    })),
  );
}

describe("a campaign with a file", () => {
  test("gives WhatsApp the picture once; everybody gets it, the very bytes, with their own text under it", async () => {
    const picture = await makePicture("jpeg");
    const { id, phones } = await draft(20, await attach("Poster.JPG", picture, "image/jpeg"));
    await start(id, 20);
    await becomes(id, "completed");
    expect(await uploads()).toBe(1);
    for (const [i, number] of phones.entries()) {
      expect(await shownOn(number)).toEqual([
        {
          text: `Hi Person ${i + 1}, come and see`,
          file: {
            kind: "image",
            mimeType: "image/jpeg",
            fileName: null,
            bytes: picture.length,
            sha256: sha256(picture),
            same: sha256(picture),
          },
        },
      ]);
    }
    const sent = await stage.simulator.sent(phone.phone);
    expect(sent.flatMap((chat) => chat.messages.map((message) => message.copies))).toEqual(Array(20).fill(1));
  });

  test("sends a document under its name, with the text as its caption", async () => {
    const { id, phones } = await draft(2, await attach("Menu für März.pdf", PDF, "application/pdf"));
    await start(id, 2);
    await becomes(id, "completed");
    expect(await uploads()).toBe(1);
    const [shown] = await shownOn(phones[1] ?? "");
    expect(shown).toMatchObject({
      text: "Hi Person 2, come and see",
      file: { kind: "document", mimeType: "application/pdf", fileName: "Menu für März.pdf", same: sha256(PDF) },
    });
  });

  test("uses for it what a test of it gave WhatsApp already", async () => {
    const { id } = await draft(3, await attach("poster.png", await makePicture("png")));
    await user.api.campaigns.sendTest({ id });
    const [test] = await shownOn(phone.phone);
    expect(test).toMatchObject({ file: { kind: "image" } });
    await start(id, 3);
    await becomes(id, "completed");
    expect(await uploads()).toBe(1);
  });

  test("reaches people who are known by their hidden identity alone, and the chat of a group", async () => {
    const { id, phones } = await draft(1, await attach("poster.png", await makePicture("png")));
    await stage.simulator.setPhone(phones[0] ?? "", { addressing: "lid" });
    await start(id, 1);
    await becomes(id, "completed");
    expect(await shownOn(phones[0] ?? "")).toMatchObject([{ file: { kind: "image" } }]);

    const member = newPhone();
    const { id: groupId } = await stage.simulator.createGroup({
      subject: "Football",
      owner: member,
      participants: [{ phone: phone.phone }, { phone: newPhone(), hidden: true }],
    });
    const groupKey = `group:${groupId}` as const;
    const { sessionId } = phone;
    const { question } = await user.api.groups.open({ sessionId, groupKey });
    await until("the group", async () => (await user.api.groups.preview({ sessionId, question })).state === "answered");
    const { contactListId } = await user.api.groups.import({ sessionId, groupKey });
    const toGroup = await user.api.campaigns.create({
      name: "Training",
      listIds: [contactListId],
      waSessionId: sessionId,
      audience: "group_chat",
      templateText: "The plan",
      mediaId: await attach("plan.pdf", PDF),
    });
    await start(toGroup.id, 1);
    await becomes(toGroup.id, "completed");
    expect(await shownOn(member, groupId)).toMatchObject([{ text: "The plan", file: { fileName: "plan.pdf" } }]);
  });
});

describe("a file that WhatsApp does not take", () => {
  test("pauses the campaign with nothing failed; resumed when it does, everybody gets it once", async () => {
    await stage.simulator.setFaults(phone.phone, { failUploads: { status: 503, probability: 1 } });
    const { id, phones } = await draft(5, await attach("poster.png", await makePicture("png")));
    await start(id, 5);
    await becomes(id, "paused: media");
    // The next one was claimed meanwhile, and comes back too.
    await until("all to wait", async () => (await user.api.campaigns.get({ id })).counts.queued === 5);
    expect((await user.api.wa.get({ id: phone.sessionId })).sentToday).toBe(0);
    expect(await stage.simulator.sent(phone.phone)).toEqual([]);

    // Still away: resumed too early it pauses again.
    await user.api.campaigns.resume({ id });
    await becomes(id, "paused: media");
    await until("all to wait again", async () => (await user.api.campaigns.get({ id })).counts.queued === 5);
    await stage.simulator.clearFaults(phone.phone);
    await user.api.campaigns.resume({ id });
    await becomes(id, "completed");
    const sent = await stage.simulator.sent(phone.phone);
    expect(sent.map((chat) => [chat.phone, chat.messages.map((message) => message.copies)])).toEqual(
      phones.map((number) => [number, [1]]),
    );
    expect(await uploads()).toBe(1);
  });

  test("is tried again at once when it failed for a moment, without a word", async () => {
    await stage.simulator.setFaults(phone.phone, { failUploads: { status: 500, count: 1 } });
    const { id } = await draft(1, await attach("poster.png", await makePicture("png")));
    await start(id, 1);
    await becomes(id, "completed");
    expect(await uploads()).toBe(1);
  });

  test("fails a test of the campaign, in plain words", async () => {
    await stage.simulator.setFaults(phone.phone, { failUploads: { status: 503, probability: 1 } });
    const { id } = await draft(1, await attach("poster.png", await makePicture("png")));
    await user.api.campaigns.sendTest({ id });
    await until("the test to fail", async () => {
      const [row] = await stage.db.execute(sql`select error_code from messages where test_of = ${id}`);
      return row?.error_code === "media";
    });
    expect(await statusOf(id)).toBe("draft");
  });
});

describe("a file whose bytes are gone", () => {
  test("pauses the campaign; attached again, it goes out", async () => {
    const picture = await makePicture("png");
    const mediaId = await attach("poster.png", picture);
    const { id } = await draft(2, mediaId);
    await rm(join(stage.env.media.dir, user.id, sha256(picture)));
    await start(id, 2);
    await becomes(id, "paused: media");
    expect(await attach("poster.png", picture)).toBe(mediaId);
    await user.api.campaigns.resume({ id });
    await becomes(id, "completed");
  });

  test("or not what they were is not sent", async () => {
    const [picture, other] = [await makePicture("png"), await makePicture("png", 2)];
    const { id } = await draft(1, await attach("poster.png", picture));
    await writeFile(join(stage.env.media.dir, user.id, sha256(picture)), other);
    await start(id, 1);
    await becomes(id, "paused: media");
    expect(await uploads()).toBe(0);
  });
});

test("what WhatsApp was given is sealed, and given anew after 12 days", async () => {
  const mediaId = await attach("poster.png", await makePicture("png"));
  const { id } = await draft(1, mediaId);
  await user.api.campaigns.sendTest({ id });
  await shownOn(phone.phone);
  const [kept] = await stage.db.select().from(mediaUploads).where(eq(mediaUploads.campaignId, id));
  expect(kept).toMatchObject({ mediaId, waSessionId: phone.sessionId, userId: user.id });
  expect(kept?.encoded.toString("latin1")).not.toContain("/v/image/");
  await stage.db.execute(sql`update media_uploads set uploaded_at = uploaded_at - interval '13 days'`);
  await start(id, 1);
  await becomes(id, "completed");
  expect(await uploads()).toBe(2);
});

test("an upload leaves an audit row with ids and figures alone", async () => {
  const mediaId = await attach("Surat untuk Ibu Ani.pdf", PDF);
  const rows = await stage.db.select().from(auditLogs).where(eq(auditLogs.userId, user.id));
  const [row] = rows.filter(({ action }) => action === "media.added");
  expect(row?.meta).toEqual({ mediaId, type: "application/pdf", bytes: PDF.length, scan: "not_scanned" });
  expect(await stage.db.select({ id: media.id }).from(media).where(eq(media.userId, user.id))).toEqual([
    { id: mediaId },
  ]);
});
