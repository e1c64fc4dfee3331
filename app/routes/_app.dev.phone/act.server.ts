import { z } from "zod";
import { acts } from "#server/dev-phone/rules.ts";
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
} from "#server/dev-phone/schema.ts";
import type { Api } from "#server/route-api.ts";
import { form, submit } from "../../lib/submit.server.ts";

const at = (search: Record<string, string>) => `/dev/phone?${new URLSearchParams(search)}`;

/** Does what one of the page's forms asks, and stays where the person was unless there is something new to see. */
export function actOnPhone(request: Request, dev: Api["dev"]) {
  const here = `/dev/phone${new URL(request.url).search}`;
  const stay = { done: { to: here } };
  const say = (toast: string) => ({ done: { to: here, toast } });
  return submit(request, {
    open: form(accountInput, dev.open, {
      done: { to: ({ phone }) => at({ phone, tab: "devices" }), toast: ({ phone }) => `${phone} has a phone now.` },
    }),
    scan: form(scanInput, async (input) => ({ ...input, done: await dev.scan(input) }), {
      done: { to: ({ phone }) => at({ phone, tab: "devices" }), toast: "Scanned. The phone is being linked." },
    }),
    link_code: form(linkCodeInput, dev.linkCode, say("The code was taken. The device is being linked.")),
    unlink: form(unlinkInput, dev.unlink, say("Unlinked. The device hears so at once.")),
    passkey: form(passkeyInput, dev.passkey, stay),

    new_chat: form(newChatInput, async (input) => ({ ...input, done: await dev.startChat(input) }), {
      done: { to: (input) => at({ phone: input.phone, chat: input.with, as: input.with }) },
    }),
    write: form(writeInput, dev.write),
    open_chat: form(chatInput, dev.openChat, say("Everything in the chat is read.")),

    person: form(personInput, dev.setPerson, stay),
    reinstall: form(phoneInput, dev.reinstall, say("Installed anew: this person has new identity keys.")),

    make_group: form(groupInput, dev.makeGroup, {
      done: {
        to: ({ owner, id }) => at({ phone: owner, tab: "groups", chat: id }),
        toast: ({ subject }) => `${subject} was made.`,
      },
    }),
    add_members: form(addMembersInput, dev.addMembers),
    member: form(memberInput, dev.changeMember, stay),

    strike: form(faultInput, async (input) => ({ ...input, done: await dev.strike(input) }), {
      done: { to: here, toast: ({ fault }) => `${acts[fault].label}: done.` },
    }),
    clear: form(phoneInput, dev.clearFaults, say("All faults of this account are cleared.")),
    travel: form(z.object({}).strict(), () => dev.travelADay(), say("The local WhatsApp is 24 hours further.")),
  });
}
