import { asc, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { planOffers, topupOffers } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { minorDigits } from "../billing/money.ts";
import { DomainError } from "../errors.ts";
import { parsePrice } from "./rules.ts";
import type { NewPack, Pack, PlanOffer } from "./schema.ts";

/** Everything that can be sold, whether it is on sale or not. */
export async function listAllOffers(db: Db) {
  const [plans, packs] = await Promise.all([
    db.select().from(planOffers).orderBy(asc(planOffers.days)),
    db.select().from(topupOffers).orderBy(asc(topupOffers.points)),
  ]);
  return { plans, packs };
}

/** Changes what a plan costs and comes with, from the next purchase on. @throws not_found, invalid_input for the price */
export async function changePlanOffer(db: Db, adminId: Id<"user">, currency: string, input: PlanOffer): Promise<void> {
  const { id: plan, points, onSale } = input;
  const price = readPrice(input.price, currency);
  await db.transaction(async (tx) => {
    const [before] = await tx.select().from(planOffers).where(eq(planOffers.plan, plan)).for("update");
    if (!before) throw new DomainError("not_found");
    await tx.update(planOffers).set({ points, price, onSale }).where(eq(planOffers.plan, plan));
    const was = { pointsBefore: before.points, priceBefore: before.price, onSaleBefore: before.onSale };
    await recordAudit(tx, adminId, "admin.offer_changed", { plan, points, price, onSale, ...was });
  });
}

/** Changes a pack of points. @throws not_found, pack_taken, invalid_input for the price */
export async function changePack(db: Db, adminId: Id<"user">, currency: string, input: Pack): Promise<void> {
  const { id, points, onSale } = input;
  const price = readPrice(input.price, currency);
  await db.transaction(async (tx) => {
    const [before] = await tx.select().from(topupOffers).where(eq(topupOffers.points, id)).for("update");
    if (!before) throw new DomainError("not_found");
    if (points === id) await tx.update(topupOffers).set({ price, onSale }).where(eq(topupOffers.points, id));
    else {
      await tx.delete(topupOffers).where(eq(topupOffers.points, id));
      await addOne(tx, { points, price, onSale });
    }
    const was = { pointsBefore: before.points, priceBefore: before.price, onSaleBefore: before.onSale };
    await recordAudit(tx, adminId, "admin.pack_changed", { points, price, onSale, ...was });
  });
}

/** Puts a new pack of points on sale. @throws pack_taken, invalid_input for the price */
export async function addPack(db: Db, adminId: Id<"user">, currency: string, input: NewPack): Promise<void> {
  const { points } = input;
  const price = readPrice(input.price, currency);
  await db.transaction(async (tx) => {
    await addOne(tx, { points, price, onSale: true });
    await recordAudit(tx, adminId, "admin.pack_added", { points, price });
  });
}

async function addOne(tx: Db, pack: typeof topupOffers.$inferInsert): Promise<void> {
  const added = await tx.insert(topupOffers).values(pack).onConflictDoNothing().returning();
  if (added.length === 0) throw new DomainError("pack_taken", { points: pack.points });
}

function readPrice(text: string, currency: string): number {
  const digits = minorDigits(currency);
  const price = parsePrice(text, digits);
  if (price !== null) return price;
  const example = digits === 0 ? "55000" : `55000 or 12.${"5".padEnd(digits, "0")}`;
  throw new DomainError(
    "invalid_input",
    {},
    { price: `Write the price in ${currency} with digits alone: ${example}.` },
  );
}
