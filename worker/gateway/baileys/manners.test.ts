import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import manifest from "../../../package.json" with { type: "json" };

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** What runs in production, by path. */
const sources = ["app", "server", "worker"].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .map((file) => ({ path: `${folder}/${file}`, text: readFileSync(`${root}${folder}/${file}`, "utf8") })),
);
const namesOf = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

describe("the code that speaks with WhatsApp", () => {
  test("is found", () => expect(namesOf(/makeWASocket\(/)).toEqual(["worker/gateway/baileys/socket.ts"]));

  test("says the version of WhatsApp that the pinned library says, and asks nobody for another", () => {
    expect(manifest.dependencies["@whiskeysockets/baileys"]).toMatch(/^\d+\.\d+\.\d+(-rc\d+)?$/);
    expect(namesOf(/fetchLatest\w*Version/)).toEqual([]);
  });

  test("takes no JID apart as text: a device, a LID or a hosted account would be mistaken for a number", () => {
    // The part of an e-mail address before the sign is one thing that may be taken like this.
    expect(namesOf(/split\(\s*["'`/]@|indexOf\(\s*["'`]@/)).toEqual(["server/auth/rules.ts"]);
    expect(namesOf(/replace\(\s*["'`/]@/)).toEqual([]);
  });

  test("does not show the account as online, and refuses no kind of history but the whole", () => {
    const [socket] = sources.filter(({ path }) => path.endsWith("baileys/socket.ts"));
    expect(socket?.text).toMatch(/markOnlineOnConnect: false,\s+syncFullHistory: false,/);
    expect(namesOf(/shouldSyncHistoryMessage/)).toEqual([]);
  });
});
