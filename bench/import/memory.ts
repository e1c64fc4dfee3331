// A process that imports one workbook (the path is its argument) and tells by how many megabytes it grew meanwhile, and how
// many the process that parsed for it took at most. It reads /proc, so it runs on Linux alone.
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "#db/client.ts";
import { importFile } from "./people.ts";

const MB = 1024 * 1024;

/** The most memory each child of this process ever had. */
function peakOfChildren(): number {
  const peaks = readdirSync("/proc/self/task").flatMap((task) => {
    try {
      const children = readFileSync(`/proc/self/task/${task}/children`, "utf8").trim().split(" ");
      return children.filter((pid) => pid !== "").map(peakOf);
    } catch {
      return [];
    }
  });
  return Math.max(0, ...peaks);
}

function peakOf(pid: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // It ended meanwhile.
    return 0;
  }
}

const [path = ""] = process.argv.slice(2);
const url = process.env.DATABASE_URL ?? "";
const connection = connect(url, { name: "bench" });
const bytes = readFileSync(path);
await connection.sql`select 1`;
const before = process.memoryUsage.rss() / MB;
let most = before;
let child = 0;
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss() / MB);
  child = Math.max(child, peakOfChildren());
}, 10);
await importFile(connection, url, "people.xlsx", bytes);
most = Math.max(most, process.memoryUsage.rss() / MB);
clearInterval(watch);
await connection.close();
console.log(JSON.stringify({ grewMb: Math.round(most - before), childMb: Math.round(child) }));
