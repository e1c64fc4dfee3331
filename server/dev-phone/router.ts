import { noInput, router, signedInProcedure } from "../trpc.ts";
import { withUser } from "../users/with-user.ts";
import { linkByCode, listAccounts, openAccount, scanQr, setPasskey, unlinkDevice } from "./accounts.ts";
import { clearFaults, readJournal, readLimits, readWorld, strike, travelADay } from "./faults.ts";
import { changeMembers, listGroups, makeGroup } from "./groups.ts";
import { listPeople, openChat, readChats, readPerson, reinstall, setPerson, startChat, writeFrom } from "./phones.ts";
import {
  accountInput,
  addMembersInput,
  chatInput,
  faultInput,
  groupInput,
  linkCodeInput,
  memberInput,
  newChatInput,
  passkeyInput,
  personInput,
  phoneInput,
  scanInput,
  unlinkInput,
  writeInput,
} from "./schema.ts";

/**
 * The pretend phone at /dev/phone: there only when the product talks to the local WhatsApp. Any user drives any simulated
 * phone: it is a toy world. Only a QR belongs to somebody.
 */
export const devPhoneRouter = router({
  phones: signedInProcedure.input(noInput).query(({ ctx }) => listAccounts(ctx.env)),
  open: signedInProcedure.input(accountInput).mutation(({ ctx, input }) => openAccount(ctx.env, input)),
  scan: signedInProcedure
    .input(scanInput)
    .mutation(({ ctx, input }) => withUser(ctx.db, ctx.userId, (tx) => scanQr(tx, ctx.env, ctx.userId, input))),
  linkCode: signedInProcedure.input(linkCodeInput).mutation(({ ctx, input }) => linkByCode(ctx.env, input)),
  unlink: signedInProcedure.input(unlinkInput).mutation(({ ctx, input }) => unlinkDevice(ctx.env, input)),
  passkey: signedInProcedure.input(passkeyInput).mutation(({ ctx, input }) => setPasskey(ctx.env, input)),

  chats: signedInProcedure.input(phoneInput).query(({ ctx, input }) => readChats(ctx.env, input)),
  startChat: signedInProcedure.input(newChatInput).mutation(({ ctx, input }) => startChat(ctx.env, input)),
  write: signedInProcedure.input(writeInput).mutation(({ ctx, input }) => writeFrom(ctx.env, input)),
  openChat: signedInProcedure.input(chatInput).mutation(({ ctx, input }) => openChat(ctx.env, input)),

  people: signedInProcedure.input(noInput).query(({ ctx }) => listPeople(ctx.env)),
  person: signedInProcedure.input(phoneInput).query(({ ctx, input }) => readPerson(ctx.env, input)),
  setPerson: signedInProcedure.input(personInput).mutation(({ ctx, input }) => setPerson(ctx.env, input)),
  reinstall: signedInProcedure.input(phoneInput).mutation(({ ctx, input }) => reinstall(ctx.env, input)),

  groups: signedInProcedure.input(noInput).query(({ ctx }) => listGroups(ctx.env)),
  makeGroup: signedInProcedure.input(groupInput).mutation(({ ctx, input }) => makeGroup(ctx.env, input)),
  addMembers: signedInProcedure
    .input(addMembersInput)
    .mutation(({ ctx, input: { groupId, members } }) =>
      changeMembers(ctx.env, { groupId, action: "add", phones: members }),
    ),
  changeMember: signedInProcedure
    .input(memberInput)
    .mutation(({ ctx, input: { groupId, action, phone } }) =>
      changeMembers(ctx.env, { groupId, action, phones: [phone] }),
    ),

  strike: signedInProcedure.input(faultInput).mutation(({ ctx, input }) => strike(ctx.env, input)),
  limits: signedInProcedure.input(phoneInput).query(({ ctx, input }) => readLimits(ctx.env, input)),
  clearFaults: signedInProcedure.input(phoneInput).mutation(({ ctx, input }) => clearFaults(ctx.env, input)),
  world: signedInProcedure.input(noInput).query(({ ctx }) => readWorld(ctx.env)),
  travelADay: signedInProcedure.input(noInput).mutation(({ ctx }) => travelADay(ctx.env)),
  journal: signedInProcedure.input(noInput).query(({ ctx }) => readJournal(ctx.env)),
});
