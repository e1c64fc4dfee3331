import { type Context, Hono } from "hono";
import type { z } from "zod";
import { type Id, type IdKind, isId } from "#db/ids.ts";
import { readReceipt } from "./billing/receipts/queries.ts";
import { exportCampaign, exportCampaignXlsx } from "./campaigns/results/export.ts";
import { exportFilter } from "./campaigns/results/schema.ts";
import { listCsv } from "./contacts/export.ts";
import type { SignedInUser } from "./context.ts";
import { readMedia } from "./dev-phone/media.ts";
import { DomainError } from "./errors.ts";
import type { App } from "./http.ts";
import { rejectedCsv, rejectedXlsx } from "./imports/rejected.ts";
import { withUser } from "./users/with-user.ts";
import { qrPng } from "./wa/qr-png.ts";
import { historyCsv, historyXlsx } from "./wallet/history/export.ts";
import { historyFilter } from "./wallet/history/schema.ts";

const CSV = "text/csv; charset=utf-8";
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** What a browser or a script fetches as a file. */
export const downloads = new Hono<App>();

downloads.get("/campaigns/:id/export.csv", (c) => {
  const { user, id } = asked(c, "campaign");
  return file(
    c,
    "campaign-results.csv",
    CSV,
    exportCampaign(c.get("api").db, user.id, id, askedFilter(c, exportFilter)),
  );
});

downloads.get("/campaigns/:id/export.xlsx", (c) => {
  const { user, id } = asked(c, "campaign");
  return file(
    c,
    "campaign-results.xlsx",
    XLSX,
    exportCampaignXlsx(c.get("api").db, user.id, id, askedFilter(c, exportFilter)),
  );
});

downloads.get("/contacts/imports/:id/rejected.csv", (c) => {
  const { user, id } = asked(c, "import");
  return file(c, "rejected-rows.csv", CSV, rejectedCsv(c.get("api").db, user.id, id));
});

downloads.get("/contacts/imports/:id/rejected.xlsx", (c) => {
  const { user, id } = asked(c, "import");
  return file(c, "rejected-rows.xlsx", XLSX, rejectedXlsx(c.get("api").db, user.id, id));
});

downloads.get("/contacts/lists/:id/export.csv", (c) => {
  const { user, id } = asked(c, "contactList");
  return file(c, "contacts.csv", CSV, listCsv(c.get("api").db, user.id, id));
});

downloads.get("/billing/wallet/export.csv", (c) => {
  const { id } = signedIn(c);
  return file(c, "wallet-history.csv", CSV, historyCsv(c.get("api").db, id, askedFilter(c, historyFilter)));
});

downloads.get("/billing/wallet/export.xlsx", (c) => {
  const { id } = signedIn(c);
  return file(c, "wallet-history.xlsx", XLSX, historyXlsx(c.get("api").db, id, askedFilter(c, historyFilter)));
});

downloads.get("/billing/receipts/:id/receipt.pdf", async (c) => {
  const { user, id } = asked(c, "invoice");
  const { number, pdf } = await withUser(c.get("api").db, user.id, (tx) => readReceipt(tx, user.id, id));
  // Never changed, and its user's alone: a browser may keep it, but asks each time whether it may still show it.
  const kept = { "cache-control": "private, no-cache", etag: `"${id}"` };
  if (c.req.header("if-none-match") === kept.etag) return c.body(null, 304, kept);
  return c.body(new Uint8Array(pdf), 200, {
    ...kept,
    "content-type": "application/pdf",
    "content-disposition": `attachment; filename="receipt-${number}.pdf"`,
  });
});

downloads.get("/link/:id/qr.png", async (c) => {
  const user = signedIn(c);
  const png = await withUser(c.get("api").db, user.id, (tx) => qrPng(tx, user.id, c.req.param("id")));
  // A page that asks for a code which was just scanned has done nothing wrong.
  if (!png) return c.body(null, 204, { "cache-control": "no-store" });
  return c.body(new Uint8Array(png), 200, { "content-type": "image/png", "cache-control": "no-store" });
});

downloads.get("/dev/phone/:phone/media/:sha256", (c) => {
  signedIn(c);
  return readMedia(c.get("api").env, c.req.param());
});

function signedIn(c: Context<App>): SignedInUser {
  const { user } = c.get("api");
  if (!user) throw new DomainError("not_signed_in");
  return user;
}

/** The id that a path names, and who asks. */
function asked<K extends IdKind>(c: Context<App>, kind: K): { user: SignedInUser; id: Id<K> } {
  const user = signedIn(c);
  const id = c.req.param("id");
  if (!isId(kind, id)) throw new DomainError("not_found");
  return { user, id };
}

/** Which rows are asked for. */
function askedFilter<S extends z.ZodType>(c: Context<App>, filter: S): z.output<S> {
  const parsed = filter.safeParse(c.req.query());
  if (!parsed.success) throw new DomainError("invalid_input");
  return parsed.data;
}

/**
 * Streams a file, as fast as it is taken and no longer than somebody is there to take it. Its first piece is awaited before
 * the headers leave, so that a refusal is still a proper answer; a failure after that breaks the connection, so that nobody
 * takes half a file for a whole one.
 */
async function file(
  c: Context<App>,
  name: string,
  type: string,
  pieces: AsyncGenerator<string | Uint8Array>,
): Promise<Response> {
  const { log } = c.get("api");
  const utf8 = new TextEncoder();
  let next = await pieces.next();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next.done) return controller.close();
        controller.enqueue(typeof next.value === "string" ? utf8.encode(next.value) : next.value);
        try {
          next = await pieces.next();
        } catch (error) {
          log.error({ event: "download_failed", file: name, err: error }, "a download broke off");
          throw new Error("a download broke off");
        }
      },
      cancel: async () => void (await pieces.return(undefined)),
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, { "content-type": type, "content-disposition": `attachment; filename="${name}"` });
}
