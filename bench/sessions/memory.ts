import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** What linking left behind is collected late: at rest is what has not changed by more than this for so many looks. */
const CALM = 0.02;
const LOOKS = 8;
const LOOK_EVERY_MS = 5_000;
const REST_WITHIN_MS = 240_000;
/** How many processes link at the same time: it costs them CPU. */
const AT_ONCE = 3;

const linked = z.object({ linked: z.number() });

export const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/**
 * Waits until the memory of the processes is at rest: the median of several looks at the sum of what is resident, MB.
 * Pages they share with each other, such as Node's own code, count in each of them.
 */
export async function restingMegabytes(pids: number[]): Promise<number> {
  let looks: number[] = [];
  for (const end = Date.now() + REST_WITHIN_MS; Date.now() < end; ) {
    await sleep(LOOK_EVERY_MS);
    looks = [...looks, megabytesOf(pids)].slice(-LOOKS);
    const atRest = Math.max(...looks) <= Math.min(...looks) * (1 + CALM);
    if (looks.length === LOOKS && atRest) break;
  }
  return median(looks);
}

/** Resident memory of each process, added up. */
export function megabytesOf(pids: number[]): number {
  const kilobytes = execFileSync("ps", ["-o", "rss=", "-p", pids.join(",")], { encoding: "utf8" })
    .trim()
    .split("\n");
  if (kilobytes.length !== pids.length) throw new Error(`${kilobytes.length} of ${pids.length} processes are there`);
  return kilobytes.reduce((sum, one) => sum + Number(one), 0) / 1024;
}

/** The resting memory of so many linked sockets of bare Baileys, spread over as many processes as the product has. */
export async function bareMegabytes(
  program: string,
  simulatorUrl: string,
  { sessions, perProcess }: { sessions: number; perProcess: number },
): Promise<number> {
  const children: ChildProcess[] = [];
  try {
    const counts = Array.from({ length: Math.ceil(sessions / perProcess) }, (_, index) =>
      Math.min(perProcess, sessions - index * perProcess),
    );
    for (let from = 0; from < counts.length; from += AT_ONCE) {
      const some = counts.slice(from, from + AT_ONCE).map((count, index) =>
        fork(program, [simulatorUrl, String(from + index), String(count)], {
          env: { ...process.env, NODE_ENV: "production" },
          execArgv: [],
        }),
      );
      children.push(...some);
      await Promise.all(some.map(whenLinked));
    }
    return await restingMegabytes(children.map(({ pid }) => pid ?? 0));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

async function whenLinked(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`a bare process ended with ${code}`)));
  ended.catch(() => {});
  const [message] = await Promise.race([once(child, "message"), ended]);
  linked.parse(message);
}
