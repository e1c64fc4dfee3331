import { chmod, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestFolder } from "#tests/postgres.ts";
import { startTestS3, type TestS3 } from "#tests/s3.ts";
import { diskStore } from "./disk.ts";
import { s3Store } from "./s3.ts";
import { type MediaStore, mediaKey, type StoredFile } from "./store.ts";

const folder = openTestFolder();
let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(async () => {
  folder.remove();
  await s3?.stop();
});

const settings = (secretAccessKey = s3.secretAccessKey) => ({
  endpoint: s3.url,
  region: "ap-southeast-3",
  bucket: "mass-sender",
  accessKeyId: s3.accessKeyId,
  secretAccessKey,
});
const key = (letter: string) => mediaKey("usr_1", letter.repeat(64));
const bytesOf = async (store: MediaStore, at: string) => {
  const stream = await store.get(at);
  return stream && Buffer.concat(await stream.toArray());
};
const large = Buffer.alloc(3 * 1024 * 1024, "picture");

describe.each([
  ["disk", () => diskStore(join(folder.path, "media"))],
  ["S3", () => s3Store(settings())],
])("files on %s", (_name, open) => {
  test("come back as they went, are replaced whole, and go", async () => {
    const store = open();
    expect(await store.get(key("a"))).toBeNull();
    await store.put(key("a"), large);
    expect((await bytesOf(store, key("a")))?.equals(large)).toBe(true);
    await store.put(key("a"), Buffer.from("other"));
    expect((await bytesOf(store, key("a")))?.toString()).toBe("other");
    await store.remove(key("a"));
    expect(await store.get(key("a"))).toBeNull();
    await store.remove(key("a"));
  });

  test("are listed, all of them, with when they were put there", async () => {
    const store = open();
    const listed = async () => {
      const files: StoredFile[] = [];
      for await (const some of store.list()) files.push(...some);
      return files;
    };
    expect(await listed()).toEqual([]);
    const keys = ["1", "2", "3", "4", "5"].map(key);
    for (const at of keys) await store.put(at, Buffer.from("x"));
    const files = await listed();
    expect(files.map((file) => file.key).toSorted()).toEqual(keys);
    for (const { putAt } of files) expect(Math.abs(Date.now() - putAt.getTime())).toBeLessThan(60_000);
    for (const at of keys) await store.remove(at);
  });
});

test("on disk nobody else can read them, and a write that fails leaves nothing behind", async () => {
  const dir = join(folder.path, "closed");
  const store = diskStore(dir);
  await store.put(key("b"), large);
  expect((await stat(join(dir, key("b")))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dir, "usr_1"))).mode & 0o777).toBe(0o700);
  // A folder where the file should go: the last step fails.
  await mkdir(join(dir, key("c")));
  await chmod(join(dir, key("c")), 0o700);
  await expect(store.put(key("c"), large)).rejects.toThrow();
  expect((await readdir(join(dir, "usr_1"))).toSorted()).toEqual(["b".repeat(64), "c".repeat(64)]);
});

test("on S3 each request is signed, the bucket is made at the first file, and a wrong secret is an error", async () => {
  expect([...s3.buckets]).toEqual(["mass-sender"]);
  await s3Store(settings()).put(key("d"), large);
  expect([...s3.objects.keys()]).toEqual([`mass-sender/${key("d")}`]);
  const wrong = s3Store(settings("another secret"));
  await expect(wrong.put(key("e"), large)).rejects.toThrow("SignatureDoesNotMatch");
  // Not the same as "there is no such file": nobody may take it for removed.
  await expect(wrong.get(key("d"))).rejects.toThrow("SignatureDoesNotMatch");
  s3.away = true;
  await expect(s3Store(settings()).get(key("d"))).rejects.toThrow();
  s3.away = false;
});

test("a place is a user and a digest, and nothing that could lead elsewhere", () => {
  expect(() => mediaKey("usr_../../x", "a".repeat(64))).toThrow();
  expect(() => mediaKey("usr_1", "../secret")).toThrow();
});
