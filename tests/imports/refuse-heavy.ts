// A process that does nothing but have the files it is given refused, and tells by how much it grew at most while it waited.
// It stands for the web process; tests/imports/memory.test.ts runs it.
import { readFileSync } from "node:fs";
import { readFile } from "#server/imports/parse/read-file.ts";

const rss = () => process.memoryUsage.rss() / 1024 / 1024;

async function refusal(bytes: Buffer): Promise<string> {
  try {
    for await (const _ of readFile(bytes));
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

// What the first call loads is no growth.
await refusal(Buffer.from("name"));
for (const path of process.argv.slice(2)) {
  const bytes = readFileSync(path);
  const before = rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, rss());
  }, 5);
  const said = await refusal(bytes);
  most = Math.max(most, rss());
  clearInterval(watch);
  process.stdout.write(`${JSON.stringify({ said, grewMb: Math.round(most - before) })}\n`);
}
