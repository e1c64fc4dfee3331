import { createHash } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { newId } from "#db/ids.ts";
import { apiTokens, campaigns, media, mediaUploads } from "#db/schema/index.ts";
import { addMedia } from "#server/media/add.ts";
import { type MediaDeps, openMedia } from "#server/media/deps.ts";
import { expireMedia } from "#server/media/expire.ts";
import { mediaProblem } from "#server/media/queries.ts";
import { mediaLimits } from "#server/media/rules.ts";
import { mediaKey } from "#server/media/store/store.ts";
import { FileUnusable, openOutbound } from "#server/media/uploads.ts";
import { startTestClamd, type TestClamd } from "../clamd.ts";
import { useDatabase } from "../database.ts";
import { createHeldSession, createUser } from "../factories.ts";
import { EICAR, PDF } from "../fixtures/media/documents.ts";
import { makePicture } from "../fixtures/media/pictures.ts";
import { isHeldUp } from "../races.ts";
import { startTestS3, type TestS3 } from "../s3.ts";
import { startWeb, type TestWeb } from "../web.ts";

const databaseUrl = useDatabase();
let web: TestWeb;
let clamd: TestClamd;
let s3: TestS3;
/** Kept on S3, scanned by clamd. */
let deps: MediaDeps;
let userId: Id<"user">;
beforeAll(async () => {
  [clamd, s3] = await Promise.all([startTestClamd(), startTestS3()]);
  web = await startWeb(databaseUrl(), {
    S3_ENDPOINT: s3.url,
    S3_BUCKET: "files",
    S3_ACCESS_KEY_ID: s3.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    CLAMD_HOST: "127.0.0.1",
    CLAMD_PORT: String(clamd.port),
  });
  deps = openMedia(web.env);
});
afterAll(async () => {
  await web?.stop();
  await Promise.all([clamd?.stop(), s3?.stop()]);
});
beforeEach(async () => {
  userId = await createUser(web.connection.db);
  clamd.mood = "well";
});

const db = () => web.connection.db;
const add = (fileName: string, bytes: Uint8Array, more = deps) =>
  addMedia(db(), more, userId, { fileName, declaredType: "", bytes });
const rows = () => db().select().from(media).where(eq(media.userId, userId));
const keyOf = (bytes: Buffer) => mediaKey(userId, createHash("sha256").update(bytes).digest("hex"));
const kept = (bytes: Buffer) => s3.objects.get(`files/${keyOf(bytes)}`)?.equals(bytes) === true;
const infected = Buffer.concat([PDF, Buffer.from(EICAR), Buffer.from("\n%%EOF")]);

describe("a file that is taken in", () => {
  test("is kept once, whatever it is called, and scanned", async () => {
    const picture = await makePicture("png");
    const first = await add("poster.png", picture);
    expect(first).toMatchObject({ kind: "image", width: 640, height: 400, scan: "clean", removed: false });
    expect(kept(picture)).toBe(true);
    const [again, once] = await Promise.all([add("Poster (2).png", picture), add("Poster (2).png", picture)]);
    expect([again.id, once.id]).toEqual([first.id, first.id]);
    expect(await rows()).toMatchObject([{ fileName: "Poster (2).png", bytes: picture.length }]);
  });

  test("of one byte too many is refused, of just so many it is taken", async () => {
    const full = Buffer.concat([PDF, Buffer.alloc(mediaLimits.fileBytes - 2 * PDF.length, " "), PDF]);
    expect(await add("full.pdf", full)).toMatchObject({ bytes: mediaLimits.fileBytes });
    const more = Buffer.concat([full, Buffer.from(" ")]);
    await expect(add("more.pdf", more)).rejects.toMatchObject({ code: "media_too_large" });
  });

  test("with a virus in it is refused, and nothing of it is kept", async () => {
    await expect(add("invoice.pdf", infected)).rejects.toMatchObject({
      code: "media_infected",
      message: expect.stringContaining("found Eicar-Test-Signature in this file. It was not kept."),
    });
    expect(await rows()).toEqual([]);
    expect(kept(infected)).toBe(false);
  });

  test("is not taken while the scanner does not answer, nor while the store does not", async () => {
    clamd.mood = "hangs up";
    await expect(add("menu.pdf", PDF)).rejects.toMatchObject({ code: "scanner_away" });
    clamd.mood = "well";
    s3.away = true;
    await expect(add("menu.pdf", PDF)).rejects.toThrow();
    s3.away = false;
    expect(await rows()).toEqual([]);
  });

  test("beyond what an account may keep is refused", async () => {
    await add("menu.pdf", PDF);
    await db().execute(sql`update media set bytes = ${mediaLimits.accountBytes} where user_id = ${userId}`);
    const other = Buffer.concat([PDF, PDF]);
    await expect(add("other.pdf", other)).rejects.toMatchObject({ code: "media_storage_full" });
    expect(kept(other)).toBe(false);
  });

  test("beyond that is refused also when two come at the same moment: one of them fits", async () => {
    await add("menu.pdf", PDF);
    const [first, second] = [Buffer.concat([PDF, Buffer.from("%1")]), Buffer.concat([PDF, Buffer.from("%2")])];
    const room = mediaLimits.accountBytes - first.length;
    await db().execute(sql`update media set bytes = ${room} where user_id = ${userId}`);
    let other: ReturnType<typeof add> | undefined;
    // The second comes when the first has been let in, and its bytes are on their way.
    const put: typeof deps.store.put = async (key, bytes) => {
      other = add("2.pdf", second);
      await isHeldUp(db(), other);
      await deps.store.put(key, bytes);
    };
    expect(await add("1.pdf", first, { ...deps, store: { ...deps.store, put } })).toMatchObject({ fileName: "1.pdf" });
    await expect(other).rejects.toMatchObject({ code: "media_storage_full" });
    expect([first, second].map(kept)).toEqual([true, false]);
  });

  test("where nobody scanned says so, and is scanned before it is sent once somebody does", async () => {
    const unscanned = { ...deps, scanner: null };
    const { id, scan } = await add("menu.pdf", PDF, unscanned);
    expect(scan).toBe("not_scanned");
    expect((await openOutbound(db(), deps, userId, id)).bytes.equals(PDF)).toBe(true);
    expect(await rows()).toMatchObject([{ scan: "clean" }]);

    const bad = await add("invoice.pdf", infected, unscanned);
    await expect(openOutbound(db(), deps, userId, bad.id)).rejects.toEqual(new FileUnusable("infected"));
    expect(kept(infected)).toBe(false);
    expect(await mediaProblem(db(), bad.id)).toEqual({ code: "media_removed", details: { name: "invoice.pdf" } });
  });
});

describe("files that nothing uses any more", () => {
  const old = (id: Id<"media">) =>
    db().execute(sql`update media set created_at = now() - interval '15 days' where id = ${id}`);
  async function use(mediaId: Id<"media">, status: "draft" | "running" | "completed", finishedAt: Date | null = null) {
    const { sessionId: waSessionId } = await createHeldSession(db(), userId);
    const row = {
      id: newId("campaign"),
      userId,
      waSessionId,
      name: "x",
      templateText: "x",
      mediaId,
      status,
      finishedAt,
    };
    await db()
      .insert(campaigns)
      .values({ ...row, throttleMinMs: 0, throttleMaxMs: 0 });
  }
  const removed = async () => (await rows()).filter((row) => row.removedAt !== null).map((row) => row.fileName);

  test("lose their bytes after 14 days; what is drafted, runs or just ended keeps them, and all keep their rows", async () => {
    const pictures = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => makePicture("png", seed, 32, 32)));
    const names = ["unused", "drafted", "running", "just ended", "long ended", "new"];
    const files = await Promise.all(pictures.map((bytes, i) => add(`${names[i]}.png`, bytes)));
    const [unused, drafted, running, justEnded, longEnded] = files.map(({ id }) => id);
    if (!unused || !drafted || !running || !justEnded || !longEnded) throw new Error("five files");
    for (const id of [unused, drafted, running, justEnded, longEnded]) await old(id);
    await use(drafted, "draft");
    await use(running, "running");
    await use(justEnded, "completed", new Date(Date.now() - 86_400_000));
    await use(longEnded, "completed", new Date(Date.now() - 20 * 86_400_000));
    await expireMedia(db(), deps);
    expect((await removed()).toSorted()).toEqual(["long ended.png", "unused.png"]);
    expect(pictures.map(kept)).toEqual([false, true, true, true, false, true]);
    expect(await mediaProblem(db(), unused)).toMatchObject({ code: "media_removed" });
    expect(await mediaProblem(db(), drafted)).toBeNull();

    // Chosen again it is the same row, whole.
    const [bytes = PDF] = pictures;
    expect((await add("again.png", bytes)).id).toBe(unused);
    expect([kept(bytes), await mediaProblem(db(), unused)]).toEqual([true, null]);
  });

  test("lose bytes whose row never came, a day later; not those of an upload that is just going on", async () => {
    const lost = Buffer.concat([PDF, Buffer.from("lost")]);
    // The last step of the upload fails, when its bytes are kept already.
    await db().execute(sql`
      alter table audit_logs add constraint no_such check (action <> 'media.added' or user_id <> ${sql.raw(`'${userId}'`)}) not valid`);
    await expect(add("lost.pdf", lost)).rejects.toThrow();
    await db().execute(sql`alter table audit_logs drop constraint no_such`);
    await add("menu.pdf", PDF);
    await expireMedia(db(), deps);
    expect([kept(lost), kept(PDF)]).toEqual([true, true]);

    for (const path of s3.objects.keys()) s3.putAt.set(path, new Date(Date.now() - 25 * 3_600_000));
    s3.objects.set("files/somebody-elses.txt", Buffer.from("x"));
    s3.putAt.set("files/somebody-elses.txt", new Date(0));
    // It comes again at this very moment: whoever is first, it is whole in the end.
    const [, again] = await Promise.all([expireMedia(db(), deps), add("again.pdf", lost)]);
    expect([kept(lost), await mediaProblem(db(), again.id)]).toEqual([true, null]);
    await db().delete(media).where(eq(media.id, again.id));
    s3.putAt.set(`files/${keyOf(lost)}`, new Date(Date.now() - 25 * 3_600_000));
    await expireMedia(db(), deps);
    expect([kept(lost), kept(PDF), s3.objects.has("files/somebody-elses.txt")]).toEqual([false, true, true]);
  });

  test("stay as they are when the store does not answer, for the next night", async () => {
    const { id } = await add("menu.pdf", PDF);
    await old(id);
    s3.away = true;
    await expect(expireMedia(db(), deps)).rejects.toThrow();
    s3.away = false;
    expect(await removed()).toEqual([]);
    await expireMedia(db(), deps);
    expect(await removed()).toEqual(["menu.pdf"]);
  });

  test("what WhatsApp was given of a file goes with them", async () => {
    const { id: mediaId } = await add("menu.pdf", PDF);
    const { sessionId: waSessionId } = await createHeldSession(db(), userId);
    const row = { campaignId: newId("campaign"), waSessionId, mediaId, userId, encoded: Buffer.from("x") };
    await db()
      .insert(mediaUploads)
      .values({ ...row, uploadedAt: new Date(Date.now() - 15 * 86_400_000) });
    await expireMedia(db(), deps);
    expect(await db().select().from(mediaUploads).where(eq(mediaUploads.userId, userId))).toEqual([]);
  });
});

describe("over HTTP", () => {
  async function token(of: Id<"user">): Promise<string> {
    const plain = `mst_${newId("apiToken").slice(4).padEnd(43, "x").slice(0, 43)}`;
    const tokenHash = createHash("sha256").update(plain).digest("hex");
    await db()
      .insert(apiTokens)
      .values({ id: newId("apiToken"), userId: of, name: "test", tokenHash });
    return plain;
  }
  const get = async (path: string, of = userId) =>
    fetch(web.origin + path, { headers: { authorization: `Bearer ${await token(of)}` } });

  test("a user's own file is a download with its name, its thumbnail a picture; anybody else's is not there", async () => {
    const picture = await makePicture("png");
    const { id } = await add(`Märchen "1".png`, picture);
    const file = await get(`/media/${id}/file`);
    expect(Object.fromEntries(file.headers)).toMatchObject({
      "content-type": "image/png",
      "content-disposition": `attachment; filename="M_rchen _1_.png"; filename*=UTF-8''M%C3%A4rchen%20%221%22.png`,
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringContaining("default-src 'self'"),
    });
    expect(Buffer.from(await file.arrayBuffer()).equals(picture)).toBe(true);
    const thumbnail = await get(`/media/${id}/thumbnail`);
    expect(thumbnail.headers.get("content-type")).toBe("image/jpeg");
    expect(Buffer.from(await thumbnail.arrayBuffer()).toString("hex", 0, 3)).toBe("ffd8ff");

    const other = await createUser(db());
    for (const path of [`/media/${id}/file`, `/media/${id}/thumbnail`]) {
      expect((await get(path, other)).status).toBe(404);
      expect((await fetch(web.origin + path)).status).toBe(401);
    }
    expect((await get(`/media/${newId("media")}/file`)).status).toBe(404);
    expect((await get("/media/..%2F..%2Fetc/file")).status).toBe(404);
  });

  test("what is sent as a form comes back as a file, or as the sentence it is refused with", async () => {
    const send = async (name: string, bytes: Uint8Array, type: string) => {
      const body = new FormData();
      body.set("file", new File([new Uint8Array(bytes)], name, { type }));
      const headers = { authorization: `Bearer ${await token(userId)}` };
      return fetch(`${web.origin}/trpc/media.upload`, { method: "POST", body, headers });
    };
    const taken = await send("menu.pdf", PDF, "application/pdf");
    expect(await taken.json()).toMatchObject({ result: { data: { fileName: "menu.pdf", kind: "document" } } });
    const refused = await send("menu.pdf", Buffer.from("<html>"), "application/pdf");
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain("its content is a web page");
    const large = await send("large.pdf", Buffer.alloc(12 * 1024 * 1024), "application/pdf");
    expect(large.status).toBe(413);
    expect(await large.text()).toContain("larger than 10 MB. Make it smaller");
  });
});
