import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { askToConfirm } from "../campaigns/draft/confirmation.ts";
import { DomainError } from "../errors.ts";
import { suppressPhones } from "../opt-outs/suppress.ts";
import { type Pads, tombstonePads } from "../opt-outs/tombstones.ts";
import { noInput, router, signedInProcedure, userProcedure } from "../trpc.ts";
import { withUser } from "../users/with-user.ts";
import { addToList, createList, removeFromList, tagContacts, updateList } from "./lists.ts";
import { eraseContact } from "./person/erase.ts";
import { mergeContacts } from "./person/merge.ts";
import { readContact, readTimeline } from "./person/read.ts";
import { addContact, recordConsent, updateContact, withdrawConsent } from "./person/save.ts";
import { contactList, contactListsOf, contactsPage, sampleContacts, suppressedPage, tagsOf } from "./queries.ts";
import { removeContacts, removeList } from "./remove.ts";
import * as input from "./schema.ts";

/** For what must know who was erased: the key of that is read on the system path, before the user's own transaction. */
const knowingTombstones = signedInProcedure.use(async ({ ctx, next }) =>
  next({ ctx: { ...ctx, pads: await tombstonePads(ctx.db, ctx.env.sessionKeys) } }),
);

export const contactsRouter = router({
  lists: userProcedure.input(noInput).query(({ ctx }) => contactListsOf(ctx.db, ctx.userId)),
  list: userProcedure.input(input.listRef).query((p) => contactList(p.ctx.db, p.ctx.userId, p.input.id)),
  page: userProcedure.input(input.pageInput).query((p) => contactsPage(p.ctx.db, p.ctx.userId, p.input)),
  tags: userProcedure.input(noInput).query(({ ctx }) => tagsOf(ctx.db, ctx.userId)),
  get: userProcedure.input(input.contactRef).query((p) => readContact(p.ctx.db, p.ctx.userId, p.input.id)),
  timeline: userProcedure.input(input.timelineInput).query((p) => readTimeline(p.ctx.db, p.ctx.userId, p.input)),
  sampleRows: userProcedure.input(input.sampleInput).query((p) => sampleContacts(p.ctx.db, p.ctx.userId, p.input)),

  add: knowingTombstones
    .input(input.addInput)
    .mutation((p) => withUser(p.ctx.db, p.ctx.userId, (tx) => addContact(tx, p.ctx.pads, p.ctx.userId, p.input))),
  update: knowingTombstones
    .input(input.updateInput)
    .mutation((p) => withUser(p.ctx.db, p.ctx.userId, (tx) => updateContact(tx, p.ctx.pads, p.ctx.userId, p.input))),
  recordConsent: userProcedure
    .input(input.recordConsentInput)
    .mutation((p) => recordConsent(p.ctx.db, p.ctx.userId, p.input)),
  withdrawConsent: userProcedure
    .input(input.withdrawConsentInput)
    .mutation((p) => withdrawConsent(p.ctx.db, p.ctx.userId, p.input)),
  tag: userProcedure.input(input.tagInput).mutation((p) => tagContacts(p.ctx.db, p.ctx.userId, p.input)),
  addToList: userProcedure.input(input.onListInput).mutation((p) => addToList(p.ctx.db, p.ctx.userId, p.input)),
  removeFromList: userProcedure
    .input(input.onListInput)
    .mutation((p) => removeFromList(p.ctx.db, p.ctx.userId, p.input)),
  merge: userProcedure.input(input.mergeInput).mutation((p) => mergeContacts(p.ctx.db, p.ctx.userId, p.input)),
  remove: userProcedure.input(input.contactsRef).mutation((p) => removeContacts(p.ctx.db, p.ctx.userId, p.input)),
  erase: knowingTombstones
    .input(input.eraseInput)
    .mutation((p) => withUser(p.ctx.db, p.ctx.userId, (tx) => eraseContact(tx, p.ctx.pads, p.ctx.userId, p.input))),

  createList: userProcedure.input(input.createListInput).mutation((p) => createList(p.ctx.db, p.ctx.userId, p.input)),
  updateList: userProcedure.input(input.updateListInput).mutation((p) => updateList(p.ctx.db, p.ctx.userId, p.input)),
  removeList: userProcedure.input(input.removeListInput).mutation((p) => removeList(p.ctx.db, p.ctx.userId, p.input)),
  askToConfirm: userProcedure
    .input(input.askToConfirmInput)
    .mutation((p) => askToConfirm(p.ctx.db, p.ctx.userId, p.input)),

  suppressed: userProcedure
    .input(input.suppressedInput)
    .query((p) => suppressedPage(p.ctx.db, p.ctx.userId, p.input?.cursor)),
  suppress: knowingTombstones
    .input(input.suppressInput)
    .mutation((p) => withUser(p.ctx.db, p.ctx.userId, (tx) => suppressTyped(tx, p.ctx.pads, p.ctx.userId, p.input))),
});

/** Suppresses the numbers of a field, one a line. A single one that is none is the field's own error. */
async function suppressTyped(tx: Db, pads: Pads, userId: Id<"user">, { phone }: { phone: string }) {
  const phones = phone.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  if (phones.length > input.SUPPRESSED_AT_ONCE) {
    throw new DomainError("invalid_input", {}, { phone: `Enter at most ${input.SUPPRESSED_AT_ONCE} numbers at once.` });
  }
  const answers = await suppressPhones(tx, pads, userId, { phones });
  const [only] = answers;
  if (answers.length === 1 && only?.result === "invalid") {
    throw new DomainError("invalid_input", {}, { phone: only.reason });
  }
  return answers;
}
