import { type ParsedCronItem, parseCronItems } from "graphile-worker";
import type { JobName } from "#server/jobs.ts";

const recurring = [
  { task: "pumps:sweep", match: "* * * * *" },
  { task: "campaigns:start-due", match: "* * * * *" },
  { task: "plans:tick", match: "* * * * *" },
  { task: "purchases:expire", match: "*/10 * * * *" },
  { task: "silence:settle", match: "*/5 * * * *" },
  { task: "ledger:check", match: "7 * * * *" },
  { task: "sessions:expire-idle", match: "37 * * * *" },
  { task: "bodies:wipe", match: "23 3 * * *" },
  { task: "rules:expire", match: "33 3 * * *" },
  { task: "imports:expire", match: "43 3 * * *" },
  { task: "media:expire", match: "3 4 * * *" },
  { task: "webhooks:deliver", match: "* * * * *" },
  { task: "webhooks:expire", match: "13 4 * * *" },
] as const satisfies { task: JobName; match: string }[];

/** Everything that recurs. Nothing is made up for after downtime: each looks at the present. */
export function crontab(): ParsedCronItem[] {
  return parseCronItems(
    recurring.map(({ task, match }) => ({
      task,
      match,
      identifier: task,
      options: { backfillPeriod: 0, maxAttempts: 2, jobKey: task },
    })),
  );
}
