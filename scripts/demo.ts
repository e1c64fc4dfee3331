import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { createApiClient, openAccount } from "./api-client.ts";
import { startProduct } from "./demo/server.ts";
import { exportResults, importClassmates, linkPhone, runCampaign } from "./demo/steps.ts";

const { values: options } = parseArgs({
  options: { url: { type: "string" }, json: { type: "boolean", default: false } },
});
const say = (line: string) => {
  if (!options.json) console.log(line);
};

/** The product's acceptance, told from a terminal through the typed API; facts for the exit code and --json. */
async function tell(origin: string) {
  say(`Server    ${origin}`);
  const email = `demo-${randomBytes(4).toString("hex")}@example.org`;
  const account = { email, password: randomBytes(12).toString("base64url"), tz: "Asia/Jakarta" };
  const cookie = await openAccount(origin, account);
  const { token } = await createApiClient(origin, cookie).tokens.create.mutate({ name: "npm run demo" });
  const api = createApiClient(origin, { token });
  say(`Account   ${email}`);
  const before = await api.wallet.get.query();

  const session = await linkPhone(api);
  say(`Phone     ${session.phone} is linked`);

  const { staged, rejected, contactListId } = await importClassmates(api);
  say(`Import    ${staged.total} rows: ${staged.counts.valid} kept, ${rejected.length} refused`);
  for (const row of rejected)
    say(`          row ${row.rowNo}, ${row.column ?? "row"} "${row.value ?? ""}": ${row.reason ?? row.verdict}`);

  const { id, campaign, review } = await runCampaign(api, { contactListId, waSessionId: session.id }, draw);
  if (!options.json && process.stdout.isTTY) console.log();
  const csv = await exportResults(origin, token, id);
  const after = await api.wallet.get.query();
  const facts = {
    origin,
    campaignId: id,
    imported: staged.counts,
    recipients: review.sendable,
    counts: campaign.counts,
    exportRows: csv.trim().split("\n").length - 1,
    points: { before: before.balance, after: after.balance, held: after.held, charged: campaign.pointsCharged },
  };
  const ok =
    facts.recipients > 0 &&
    campaign.counts.read === facts.recipients &&
    facts.exportRows === campaign.total &&
    facts.points.charged === facts.recipients * after.pointsPerMessage &&
    facts.points.before - facts.points.after === facts.points.charged &&
    facts.points.held === 0;
  say(`Results   ${campaign.counts.read} of ${facts.recipients} read; the export has ${facts.exportRows} rows`);
  say(`Points    ${facts.points.before} before, ${facts.points.after} after, ${facts.points.charged} charged`);
  say(ok ? "Done. Everyone read their message, and the points match." : "Something does not add up; see above.");
  return { ok, ...facts };
}

let drawn = "";
function draw(counts: Record<string, number>, total: number): void {
  const done = counts.read ?? 0;
  const width = 30;
  const filled = total === 0 ? 0 : Math.round((done / total) * width);
  const parts = ["queued", "sending", "sent", "delivered", "read", "failed"].map(
    (status) => `${status} ${counts[status] ?? 0}`,
  );
  const line = `Sending   [${"#".repeat(filled)}${".".repeat(width - filled)}] ${parts.join("  ")}`;
  if (options.json || line === drawn) return;
  drawn = line;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
  else console.log(line);
}

const product = options.url ? { origin: new URL(options.url).origin, stop: async () => {} } : await startProduct(say);
let ok = false;
try {
  const facts = await tell(product.origin);
  ok = facts.ok;
  if (options.json) console.log(JSON.stringify(facts, null, 2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
} finally {
  await product.stop();
}
process.exit(ok ? 0 : 1);
