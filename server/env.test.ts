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
