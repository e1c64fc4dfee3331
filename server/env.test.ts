import { expect, test } from "vitest";
import { capsInForce, readEnv } from "./env.ts";

const enough = {
  NODE_ENV: "test" as const,
  DATABASE_URL: "postgres://localhost/x",
  SESSION_KEY: Buffer.alloc(32).toString("base64"),
};

test("against the real WhatsApp the environment makes caps stricter, never looser", () => {
  const loose = { recipientsPerCampaign: 5_000, messagesPerDay: 9_999, sessionsPerUser: 50, throttleFloorMs: 0 };
  const strict = { recipientsPerCampaign: 20, messagesPerDay: 50, sessionsPerUser: 1, throttleFloorMs: 9_000 };
  expect(capsInForce(loose, "live")).toEqual({
    recipientsPerCampaign: 200,
    messagesPerDay: 500,
    sessionsPerUser: 3,
    throttleFloorMs: 2_000,
  });
  expect(capsInForce(strict, "live")).toEqual(strict);
  expect(capsInForce(loose, "simulator")).toEqual(loose);
});

test("an environment that cannot be used names every wrong variable", () => {
  expect(() => readEnv({ ...enough, SESSION_KEY: "short", PORT: "http" })).toThrow(
    /SESSION_KEY: must be 32 random bytes/,
  );
  expect(() => readEnv({ ...enough, SESSION_KEY: "short", PORT: "http" })).toThrow(/PORT/);
});

test("an empty variable counts as not set", () => {
  expect(readEnv({ ...enough, PORT: "", APP_ORIGIN: "" })).toMatchObject({
    port: 3000,
    appOrigin: "http://localhost:3000",
  });
});

test("a key that may still open stands beside the current one; a damaged one is refused", () => {
  const [current, old, older] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte).toString("base64"));
  const { sessionKeys } = readEnv({ ...enough, SESSION_KEY: current, SESSION_KEYS_OLD: `${old}, ${older},${current}` });
  expect(sessionKeys.current.key).toEqual(Buffer.alloc(32, 1));
  expect(sessionKeys.byId.size).toBe(3);
  expect(sessionKeys.byId.get(sessionKeys.current.id)).toEqual(sessionKeys.current);
  expect(readEnv({ ...enough, SESSION_KEYS_OLD: "" }).sessionKeys.byId.size).toBe(1);
  expect(() => readEnv({ ...enough, SESSION_KEYS_OLD: `${old},short` })).toThrow(/SESSION_KEYS_OLD: each must be 32/);
});

test("an S3 server is named whole or not at all", () => {
  const s3 = { S3_BUCKET: "files", S3_ACCESS_KEY_ID: "id", S3_SECRET_ACCESS_KEY: "secret" };
  expect(readEnv(enough).media).toMatchObject({ s3: null, clamd: null });
  expect(readEnv({ ...enough, ...s3 }).media.s3).toMatchObject({ bucket: "files", region: "us-east-1" });
  expect(() => readEnv({ ...enough, S3_ENDPOINT: "http://s3", S3_BUCKET: "files" })).toThrow(
    /S3_ACCESS_KEY_ID: S3 needs it too\n {2}S3_SECRET_ACCESS_KEY: S3 needs it too/,
  );
});

test("who sends over the real WhatsApp gets nothing for nothing, unless the environment says so", () => {
  expect(readEnv(enough).billing).toMatchObject({
    provider: "demo",
    currency: "IDR",
    tax: { name: "PPN", rate: 1100 },
  });
  expect(readEnv({ ...enough, WHATSAPP: "live" }).billing.provider).toBeNull();
  expect(readEnv({ ...enough, WHATSAPP: "live", PAYMENTS: "demo" }).billing.provider).toBe("demo");
  expect(() => readEnv({ ...enough, CURRENCY: "rupiah" })).toThrow(/CURRENCY: must be the three letters/);
  expect(() => readEnv({ ...enough, SELLER_NAME: "小明" })).toThrow(
    /SELLER_NAME: receipts show Latin, Greek and Cyrillic/,
  );
  expect(readEnv(enough).billing.contact).toBeNull();
  expect(readEnv({ ...enough, SELLER_EMAIL: "shop@example.org" }).billing.contact).toBe("shop@example.org");
});
