import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { heavy } from "#tests/fixtures/imports/hostile.ts";

const program = fileURLToPath(new URL("./refuse-heavy.ts", import.meta.url));
const line = z.object({ said: z.string(), grewMb: z.number() });

test("while bombs and files at the limit are refused, the process that asked grows by less than 50 MB", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mass-sender-heavy-"));
  try {
    const paths: string[] = [];
    for (const [i, { name, bytes }] of heavy.entries()) {
      paths.push(join(folder, `${i}-${name}`));
      await writeFile(paths[i] ?? "", await bytes());
    }
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program, ...paths]);
    const told = stdout.trim().split("\n");
    const answers = told.map((text, i) => ({ what: heavy[i]?.what, ...line.parse(JSON.parse(text)) }));
    expect(answers.map(({ what, said }) => ({ what, said }))).toEqual(
      heavy.map(({ what, expected }) => ({
        what,
        said: expect.stringMatching("refused" in expected ? expected.refused : ""),
      })),
    );
    expect(answers.filter(({ grewMb }) => grewMb >= 50)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 240_000);
