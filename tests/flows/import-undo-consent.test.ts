import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { consentEvents, contacts } from "#db/schema/index.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";
import { ayu, bima, bring, citra } from "./import-steps.ts";

const statement = "She told me at the door.";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
});

async function person(phone: string) {
  const [found] = await stage.db
    .select()
    .from(contacts)
    .where(and(eq(contacts.userId, user.id), eq(contacts.phoneE164, phone)));
  if (!found) throw new Error(`${phone} is no contact`);
  return found;
}
const evidenceOf = async (contactId: Id<"contact">) =>
  (
    await stage.db.select().from(consentEvents).where(eq(consentEvents.contactId, contactId)).orderBy(consentEvents.id)
  ).map(({ kind, source }) => [kind, source]);
const disagree = async (phone: string) => {
  await user.api.contacts.withdrawConsent({ ids: [(await person(phone)).id] });
};
const undo = (importId: Id<"import">) => user.api.imports.undo({ importId });

describe("when a batch is taken back, consent that was written down by hand after it", () => {
  test("stays, with its time and evidence, and the rest of the person is what it was", async () => {
    await bring(user.api, [ayu, bima]);
    await disagree(ayu[1]);
    await disagree(bima[1]);
    const second = await bring(user.api, [["Ayu L", ayu[1], "yes"], bima], { listName: "Second" });
    const { id } = await person(ayu[1]);
    await user.api.contacts.recordConsent({ ids: [id], statement });
    const events = await stage.db.select().from(consentEvents).where(eq(consentEvents.contactId, id));
    const byHand = events.find((event) => event.statement === statement)?.at;

    expect(await undo(second.importId)).toEqual({ removed: 0, restored: 2, kept: 0 });
    expect(await person(ayu[1])).toMatchObject({ name: "Ayu", consent: true, consentAt: byHand });
    expect(await evidenceOf(id)).toEqual([
      ["given", "import"],
      ["withdrawn", "manual"],
      ["given", "manual"],
    ]);
    expect(await person(bima[1])).toMatchObject({ consent: false });
  });

  test("does not, when it was written down before the batch and taken back since", async () => {
    await bring(user.api, [ayu]);
    const { id } = await person(ayu[1]);
    await user.api.contacts.recordConsent({ ids: [id], statement });
    await disagree(ayu[1]);
    const second = await bring(user.api, [["Ayu L", ayu[1], "yes"]], { listName: "Second" });
    await undo(second.importId);
    expect(await person(ayu[1])).toMatchObject({ name: "Ayu", consent: false });
  });

  test("keeps somebody whom the batch made", async () => {
    const { importId } = await bring(user.api, [ayu, citra]);
    const { id } = await person(ayu[1]);
    await user.api.contacts.recordConsent({ ids: [id], statement });
    expect(await undo(importId)).toEqual({ removed: 1, restored: 0, kept: 1 });
    expect(await person(ayu[1])).toMatchObject({ consent: true });
    expect(await evidenceOf(id)).toEqual([
      ["given", "import"],
      ["given", "manual"],
    ]);
    await expect(person(citra[1])).rejects.toThrow("no contact");
  });
});
