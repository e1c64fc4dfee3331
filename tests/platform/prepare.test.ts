import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hashOfPages, hashOfProcesses } from "#scripts/prepare/build.mjs";
import { requireWritable } from "#scripts/prepare/folder.mjs";
import { isInstalled } from "#scripts/prepare/install.mjs";
import { nodeComplaint } from "#scripts/prepare/node-version.mjs";
import { asksForBrowser } from "#scripts/prepare/test-filters.mjs";
import { openTestFolder, type TestFolder } from "../postgres.ts";

let folder: TestFolder;

beforeEach(() => {
  folder = openTestFolder();
});
afterEach(() => folder.remove());

test("too old a Node is told so in one sentence", () => {
  for (const version of ["20.19.0", "20.19.1", "22.0.0", "24.11.0"]) expect(nodeComplaint(version)).toBeUndefined();
  for (const version of ["20.18.3", "18.20.8", "8.0.0"])
    expect(nodeComplaint(version)).toMatch(
      /^MassSender needs Node 20\.19 or newer, this is Node [\d.]+: install .*\.$/,
    );
});

test("a folder that cannot be written is told so in one sentence, with the remedy", () => {
  writeFileSync(join(folder.path, "file"), "");
  expect(() => requireWritable(join(folder.path, "file", "data"), "set DATA_DIR")).toThrow(
    /^Cannot write to .*data \(ENOTDIR\): set DATA_DIR\.$/,
  );
});

describe("packages are installed again", () => {
  const lock = (packages: object) => JSON.stringify({ packages: { "": {}, ...packages } });
  const write = (installed: object, locked: object) => {
    mkdirSync(join(folder.path, "node_modules"), { recursive: true });
    writeFileSync(join(folder.path, "node_modules", ".package-lock.json"), lock(installed));
    writeFileSync(join(folder.path, "package-lock.json"), lock(locked));
    return isInstalled(folder.path);
  };
  const a = { "node_modules/a": { version: "1.0.0" } };

  test("when there are none", () => {
    writeFileSync(join(folder.path, "package-lock.json"), lock(a));
    expect(isInstalled(folder.path)).toBe(false);
  });

  test("when one is missing or has another version than the lock file says", () => {
    expect(write(a, a)).toBe(true);
    expect(write(a, { ...a, "node_modules/b": { version: "1.0.0" } })).toBe(false);
    expect(write(a, { "node_modules/a": { version: "1.0.1" } })).toBe(false);
  });

  test("but not for packages of other systems", () => {
    expect(write(a, { ...a, "node_modules/windows-only": { version: "1.0.0", optional: true } })).toBe(true);
  });
});

test("the pages are built again when a page or what it shares with the server changes, and not for a test", () => {
  const write = writeAndHash(hashOfPages);
  let last = write("app/root.tsx", "1");
  for (const file of ["app/root.tsx", "server/campaigns/rules.ts", "server/wa/schema.ts", "package-lock.json"]) {
    const next = write(file, `changed ${file}`);
    expect(next, file).not.toBe(last);
    last = next;
  }
  for (const file of ["app/root.test.tsx", "server/campaigns/start.ts", "worker/main.ts"])
    expect(write(file, "changed"), file).toBe(last);
});

test("the processes are built again when their sources or packages change, and not for a page or a test", () => {
  const write = writeAndHash(hashOfProcesses);
  let last = write("worker/main.ts", "1");
  for (const file of [
    "worker/main.ts",
    "server/wa/link.ts",
    "simulator/world/a.ts",
    "db/ids.ts",
    "package-lock.json",
  ]) {
    const next = write(file, `changed ${file}`);
    expect(next, file).not.toBe(last);
    last = next;
  }
  for (const file of ["app/root.tsx", "worker/gateway/lease.test.ts", "db/migrations/0001.sql"])
    expect(write(file, "changed"), file).toBe(last);
});

function writeAndHash(hashOf: (root: string) => string) {
  return (file: string, text: string) => {
    mkdirSync(join(folder.path, file, ".."), { recursive: true });
    writeFileSync(join(folder.path, file), text);
    return hashOf(folder.path);
  };
}

describe("a browser is looked for", () => {
  const browserTests = ["tests/e2e/story.test.ts"];
  test.each([
    [[]],
    [["tests/e2e"]],
    [["story"]],
    [["tests/flows", "tests/e2e/story.test.ts:12"]],
    [["--project", "e2e"]],
    [["-t", "sends"]],
  ])("with %j", (args) => expect(asksForBrowser(args, browserTests)).toBe(true));

  test.each([
    [["tests/flows/link.test.ts"]],
    [["--project=product"]],
    [["--project", "faults"]],
    [["-t", "sends", "tests/flows"]],
  ])("but not with %j", (args) => expect(asksForBrowser(args, browserTests)).toBe(false));
});
