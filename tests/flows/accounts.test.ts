import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { auditLogs, loginSessions, users } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { PASSWORD } from "#tests/factories.ts";
import { startWeb, type TestWeb } from "#tests/web.ts";

const url = useDatabase();
let web: TestWeb;
beforeAll(async () => {
  web = await startWeb(url());
});
afterAll(() => web.stop());

interface Answer {
  status: number;
  cookie: string;
  headers: Headers;
  // The body of a tRPC answer is what this test looks into.
  body: {
    result?: { data: unknown };
    error?: { message: string; data: { refusal: { code: string; fields: Record<string, string> } } };
  };
}

async function call(procedure: string, input: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${web.origin}/trpc/${procedure}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: web.origin, ...headers },
    body: JSON.stringify(input ?? {}),
  });
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  return {
    status: response.status,
    cookie,
    headers: response.headers,
    body: (await response.json()) as Answer["body"],
  };
}
const me = async (headers: Record<string, string>) => {
  const response = await fetch(`${web.origin}/trpc/auth.me`, { headers });
  return ((await response.json()) as { result: { data: { email: string } | null } }).result.data;
};
const account = (email: string) => ({ email, password: PASSWORD, tz: "Asia/Jakarta", acceptTerms: true });

describe("an account", () => {
  test("is opened with a plan of 400 points, signed in, and audited", async () => {
    const answer = await call("auth.register", account("ani@example.org"));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("set-cookie")).toMatch(/HttpOnly/i);
    expect(await me({ cookie: answer.cookie })).toMatchObject({ email: "ani@example.org" });
    const wallet = await fetch(`${web.origin}/trpc/wallet.get`, { headers: { cookie: answer.cookie } });
    expect(await wallet.json()).toMatchObject({
      result: { data: { balance: 400, held: 0, available: 400, plan: { type: "30d", active: true } } },
    });
    const [row] = await web.connection.db.select().from(auditLogs).where(eq(auditLogs.action, "user.registered"));
    expect(row?.meta).toEqual({});
  });

  test("is refused without the terms, with a poor password, or twice; each field says why", async () => {
    const poor = await call("auth.register", { email: "x", password: "short", tz: "Mars", acceptTerms: false });
    expect(poor.status).toBe(400);
    expect(Object.keys(poor.body.error?.data.refusal.fields ?? {})).toEqual(
      expect.arrayContaining(["email", "tz", "acceptTerms"]),
    );
    const again = await call("auth.register", account("ANI@example.org"));
    expect(again).toMatchObject({ status: 409, body: { error: { data: { refusal: { code: "email_taken" } } } } });
    const extra = await call("auth.register", { ...account("eve@example.org"), isAdmin: true });
    expect(extra.status).toBe(400);
  });

  test("keeps neither the password nor the cookie's token", async () => {
    const { cookie } = await call("auth.login", { email: "ani@example.org", password: PASSWORD });
    const token = cookie.split("=")[1] ?? "";
    const [user] = await web.connection.db.select().from(users).where(eq(users.email, "ani@example.org"));
    expect(user?.passwordHash).toMatch(/^\$argon2id\$/);
    const rows = JSON.stringify(await web.connection.db.select().from(loginSessions));
    expect(token.length).toBeGreaterThan(40);
    expect(rows.includes(token)).toBe(false);
  });

  test("a sign-in gives a new session, a sign-out ends it", async () => {
    const first = await call("auth.login", { email: "ani@example.org", password: PASSWORD });
    const second = await call("auth.login", { email: "ani@example.org", password: PASSWORD }, { cookie: first.cookie });
    expect(second.cookie).not.toBe(first.cookie);
    await call("auth.logout", undefined, { cookie: second.cookie });
    expect(await me({ cookie: second.cookie })).toBeNull();
  });

  test("a password change ends every other session", async () => {
    const { cookie } = await call("auth.register", account("change@example.org"));
    const next = "another quiet harbour";
    const wrong = await call("auth.changePassword", { current: "not this one", password: next }, { cookie });
    expect(wrong.body.error?.data.refusal.fields).toHaveProperty("current");
    const changed = await call("auth.changePassword", { current: PASSWORD, password: next }, { cookie });
    expect(await me({ cookie })).toBeNull();
    expect(await me({ cookie: changed.cookie })).toMatchObject({ email: "change@example.org" });
  });

  test("five wrong passwords close the account to that address for a while, the sixth even if right", async () => {
    await call("auth.register", account("throttled@example.org"));
    for (let i = 0; i < 5; i += 1) {
      expect((await call("auth.login", { email: "throttled@example.org", password: "wrong" })).status).toBe(401);
    }
    const sixth = await call("auth.login", { email: "throttled@example.org", password: PASSWORD });
    expect(sixth.status).toBe(429);
    expect(Number(sixth.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(sixth.body.error?.message).toMatch(/Wait \d+ seconds/);
  });

  test("50 wrong passwords at once get no more tries than five", async () => {
    await call("auth.register", account("parallel@example.org"));
    const tries = await Promise.all(
      Array.from({ length: 50 }, () => call("auth.login", { email: "parallel@example.org", password: "wrong" })),
    );
    expect(tries.filter((answer) => answer.status === 401).length).toBeLessThanOrEqual(5);
  });
});

describe("the door", () => {
  test("refuses what another site sends with the cookie", async () => {
    const { cookie } = await call("auth.register", account("csrf@example.org"));
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site", origin: web.origin },
      { origin: "" },
    ];
    for (const headers of foreign) {
      expect((await call("auth.logout", undefined, { cookie, ...headers })).status).toBe(403);
    }
    expect(await me({ cookie })).toMatchObject({ email: "csrf@example.org" });
  });

  test("lets a script in by an API token until it is revoked", async () => {
    const { cookie } = await call("auth.register", account("token@example.org"));
    const made = await call("tokens.create", { name: "demo" }, { cookie });
    const { id, token } = z.object({ id: z.string(), token: z.string() }).parse(made.body.result?.data);
    const bearer = { authorization: `Bearer ${token}` };
    expect(await me(bearer)).toMatchObject({ email: "token@example.org" });
    expect((await call("campaigns.list", {}, { ...bearer, origin: "" })).status).toBe(405);
    await call("tokens.revoke", { id }, { cookie });
    expect(await me(bearer)).toBeNull();
  });

  test("says who is asked to sign in, and never shows a stranger's things", async () => {
    const anonymous = await fetch(`${web.origin}/trpc/wallet.get`);
    expect(anonymous.status).toBe(401);
    expect((await fetch(`${web.origin}/campaigns/cmp_0000000000000000000000/export.csv`)).status).toBe(401);
    const { cookie } = await call("auth.register", account("stranger@example.org"));
    const other = await fetch(`${web.origin}/campaigns/cmp_0000000000000000000000/export.csv`, { headers: { cookie } });
    expect(other.status).toBe(404);
  });

  test("answers a defect of ours with a reference and nothing else", async () => {
    const { cookie } = await call("auth.register", account("defect@example.org"));
    await web.connection.db.execute(sql`alter table api_tokens rename to api_tokens_gone`);
    const broken = await call("tokens.create", { name: "x" }, { cookie });
    await web.connection.db.execute(sql`alter table api_tokens_gone rename to api_tokens`);
    expect(broken.status).toBe(500);
    expect(broken.body.error?.message).toMatch(/^Something went wrong on our side. Reference: [0-9a-f]{16}$/);
    expect(JSON.stringify(broken.body)).not.toMatch(/api_tokens|insert|stack/i);
  });

  test("sends every page and answer with a policy that lets no foreign script in", async () => {
    const answer = await fetch(`${web.origin}/trpc/auth.me`);
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/script-src 'nonce-[\w+/=]{24}' 'strict-dynamic'/);
    for (const rule of ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await fetch(`${web.origin}/trpc/auth.me`)).headers.get("content-security-policy")).not.toBe(policy);
  });

  test("keeps the audit log as it was written", async () => {
    await expect(web.connection.db.execute(sql`update audit_logs set action = 'x'`)).rejects.toThrow();
    await expect(web.connection.db.execute(sql`delete from audit_logs`)).rejects.toThrow();
  });

  test("a batch of more than ten calls is refused", async () => {
    const names = Array.from({ length: 11 }, () => "auth.me").join(",");
    const response = await fetch(`${web.origin}/trpc/${names}?batch=1`);
    expect(response.status).toBe(400);
  });

  test("tells its health, its readiness and the product's four metrics", async () => {
    expect((await fetch(`${web.origin}/healthz`)).status).toBe(200);
    await expect.poll(async () => (await fetch(`${web.origin}/readiness`)).json()).toMatchObject({ ready: true });
    const metrics = await (await fetch(`${web.origin}/metrics`)).text();
    for (const name of [
      "messages_sent_total",
      "messages_failed_total",
      "queue_depth",
      "wallet_points_deducted_total",
    ]) {
      expect(metrics).toContain(`# TYPE ${name}`);
    }
  });
});
