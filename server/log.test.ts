import { Writable } from "node:stream";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { expect, test } from "vitest";
import { createLog } from "./log.ts";

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = "";
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  write(createLog("web", { logLevel: "trace" }, sink));
  return text;
}

test("what could hold a number, a text or a secret is cut out of a log line", () => {
  const text = logged((log) =>
    log.info(
      {
        phone: "+6281200000001",
        text: "Hi Ani",
        contact: { phone: "+6281200000001" },
        token: "mst_secret",
        requestId: "r1",
      },
      "sent",
    ),
  );
  expect(text).toContain('"requestId":"r1"');
  for (const secret of ["6281200000001", "Hi Ani", "mst_secret"]) expect(text).not.toContain(secret);
});

test("a failed query is logged by its fault, without its values", () => {
  const cause = Object.assign(new Error('duplicate key value violates unique constraint "contacts_once_per_list"'), {
    code: "23505",
  });
  const text = logged((log) =>
    log.error({ err: new DrizzleQueryError("insert into contacts", ["+6281200000001", "Ani"], cause) }, "failed"),
  );
  expect(text).toContain("23505");
  expect(text).toContain("contacts_once_per_list");
  expect(text).not.toContain("6281200000001");
  expect(text).not.toContain("Ani");
});
