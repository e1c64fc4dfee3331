import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { useDatabase } from "#tests/database.ts";
import { type ActiveHours, isOpen, nextClosing, nextOpening } from "./rules.ts";

const url = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(url());
});
afterAll(() => connection?.close());

const FROM = Date.parse("2025-01-01T00:00:00Z");
const STEP_MS = 10 * 60_000;
const STEPS = (Date.parse("2027-01-01T00:00:00Z") - FROM) / STEP_MS;
const instant = (step: number) => new Date(FROM + step * STEP_MS);

const hour = (hours: number, minutes = 0) => hours * 60 + minutes;
/** Around midnights, around the nights in which clocks change, whole days, and holidays next to each of them. */
const hours: Omit<ActiveHours, "tz"> = {
  windows: [
    { day: 0, from: hour(0, 30), to: hour(3, 10) },
    { day: 0, from: hour(22), to: hour(29, 50) },
    { day: 1, from: hour(9), to: hour(12) },
    { day: 1, from: hour(13), to: hour(18) },
    { day: 2, from: 0, to: hour(24) },
    { day: 3, from: hour(23, 50), to: hour(47, 40) },
    { day: 5, from: hour(2), to: hour(18) },
    { day: 6, from: hour(1, 30), to: hour(2, 30) },
    { day: 6, from: hour(20), to: hour(26, 20) },
  ],
  exceptions: [
    { date: "2025-03-30", until: "2025-03-30", name: "", windows: [{ from: hour(2), to: hour(3) }] },
    { date: "2025-09-07", until: "2025-09-07", name: "", windows: [{ from: 0, to: hour(1, 30) }] },
    { date: "2025-11-02", until: "2025-11-02", name: "", windows: [{ from: hour(1), to: hour(2) }] },
    { date: "2025-12-24", until: "2026-01-02", name: "", windows: [] },
    { date: "2026-04-04", until: "2026-04-05", name: "", windows: [{ from: hour(22), to: hour(26) }] },
    { date: "2026-10-25", until: "2026-10-25", name: "", windows: [] },
  ],
  paused: false,
  openUntil: null,
};

/** The same rule in SQL, over a date `d`, its weekday `w` and a minute `m` of it. */
function openInSql({ windows, exceptions }: Omit<ActiveHours, "tz">): string {
  const any = (conditions: string[]) => (conditions.length > 0 ? `(${conditions.join(" or ")})` : "false");
  const within = (minute: string, { from, to }: { from: number; to: number }) =>
    `(${minute} >= ${from} and ${minute} < ${to})`;
  const onDate = (date: string, minute: string, otherwise: string) => {
    const cases = exceptions.map(
      (e) =>
        `when ${date} between '${e.date}' and '${e.until}' then ${any(e.windows.map((window) => within(minute, window)))}`,
    );
    return `(case ${cases.join(" ")} else ${otherwise} end)`;
  };
  const weekly = (day: string, minute: string) =>
    any((windows ?? []).map((window) => `(${day} = ${window.day} and ${within(minute, window)})`));
  const fromYesterday = onDate("(d - 1)", "(m + 1440)", weekly("((w + 6) % 7)", "(m + 1440)"));
  return onDate("d", "m", `(${weekly("w", "m")} or ${fromYesterday})`);
}

test.each([
  "Asia/Jakarta",
  "Asia/Kathmandu",
  "Europe/Berlin",
  "America/New_York",
  "America/Santiago",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Africa/Casablanca",
])("every ten minutes of two years in %s it is open where Postgres says so, and turns there", async (tz) => {
  // `offset 0`: else the zone is asked again wherever one of the parts is used.
  const [row] = await connection.db.execute<{ bits: string }>(sql`
    select string_agg(case when ${sql.raw(openInSql(hours))} then '1' else '0' end, '' order by at) as bits
      from (select at, l, l::date as d, extract(dow from l)::int as w,
                   extract(hour from l)::int * 60 + extract(minute from l)::int as m
              from (select at, at at time zone ${tz} as l
                      from generate_series(${instant(0).toISOString()}::timestamptz,
                                           ${instant(STEPS - 1).toISOString()}::timestamptz, interval '10 minutes') at offset 0) wall offset 0) parts`);
  const bits = row?.bits ?? "";
  expect(bits).toHaveLength(STEPS);
  const here = { ...hours, tz };
  let own = "";
  for (let step = 0; step < STEPS; step++) own += isOpen(here, instant(step)) ? "1" : "0";
  // Compared as a whole first: a difference is then told by its instant, not by two strings of 100,000.
  const different = own === bits ? -1 : Array.from(bits).findIndex((bit, step) => bit !== own[step]);
  expect(different === -1 ? null : instant(different)).toBeNull();

  const wrong: string[] = [];
  const check = (what: string, from: Date, found: Date | null, step: number) => {
    // Zones may be a quarter of an hour off the steps: the turn is the step before its own, or after the one before that.
    const turned = found === null ? null : Math.ceil((found.getTime() - FROM) / STEP_MS);
    if (turned !== step) wrong.push(`from ${from.toISOString()} it ${what} at ${found?.toISOString()}`);
  };
  for (let step = 0; ; ) {
    const open = bits[step] === "1";
    const turn = bits.indexOf(open ? "0" : "1", step);
    if (turn === -1) break;
    // From the first step of a stretch, and from one in its middle.
    for (const each of [step, Math.floor((step + turn) / 2)]) {
      const from = instant(each);
      check("opens", from, nextOpening(here, from), open ? each : turn);
      check("closes", from, nextClosing(here, from), open ? turn : each);
    }
    step = turn;
  }
  expect(wrong).toEqual([]);
});
