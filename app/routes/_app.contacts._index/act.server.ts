import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import {
  askToConfirmInput,
  contactsRef,
  createListInput,
  onListInput,
  recordConsentInput,
  removeListInput,
  tagInput,
  withdrawConsentInput,
} from "#server/contacts/schema.ts";
import type { Api } from "#server/route-api.ts";
import { count } from "../../lib/format.ts";
import { idParam } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";

const people = (number: number) => count(number, "person", "people");

const doubleOptInFields = z.object({ id: idSchema("contactList"), to: z.enum(["on", "off"]) }).strict();

/** Does what a form of the page asks, and comes back to the same people. */
export function act(request: Request, contacts: Api["contacts"]) {
  const query = new URL(request.url).searchParams;
  // Remix names the index route so.
  query.delete("index");
  const here = `/contacts?${query}`;
  const shownList = () => idParam("contactList", query.get("list"));
  const say = <R>(toast: (result: R) => string) => ({ done: { to: here, toast } });
  return submit(request, {
    createList: form(createListInput, contacts.createList, {
      done: { to: ({ id }) => `/contacts?list=${id}`, toast: "The list is made. Now bring people onto it." },
    }),
    renameList: form(createListInput, ({ name }) => contacts.updateList({ id: shownList(), name }), {
      done: { to: here, toast: "The list has its new name." },
    }),
    removeList: form(removeListInput, contacts.removeList, {
      done: {
        to: "/contacts",
        toast: ({ removed }) => (removed > 0 ? `The list and ${people(removed)} are deleted.` : "The list is deleted."),
      },
    }),
    doubleOptIn: form(doubleOptInFields, ({ id, to }) => contacts.updateList({ id, doubleOptIn: to === "on" }), {
      done: { to: here },
    }),
    askToConfirm: form(askToConfirmInput, contacts.askToConfirm, {
      done: {
        to: ({ campaignId }) => `/campaigns/${campaignId}`,
        toast: "A draft that asks for the YES is made. Look at it, then start it.",
      },
    }),
    tag: form(
      tagInput,
      contacts.tag,
      say(({ changed }) => `The tags of ${people(changed)} were changed.`),
    ),
    addToList: form(
      onListInput,
      contacts.addToList,
      say(({ added }) => `${people(added)} put on the list.`),
    ),
    removeFromList: form(
      onListInput,
      contacts.removeFromList,
      say(({ removed }) => `${people(removed)} taken off the list.`),
    ),
    recordConsent: form(
      recordConsentInput,
      contacts.recordConsent,
      say(
        ({ recorded, optedOut }) =>
          `Consent of ${people(recorded)} recorded.${optedOut > 0 ? ` ${people(optedOut)} opted out and stay left out.` : ""}`,
      ),
    ),
    withdrawConsent: form(
      withdrawConsentInput,
      contacts.withdrawConsent,
      say(({ withdrawn }) => `Consent of ${people(withdrawn)} withdrawn. Nothing goes to them any more.`),
    ),
    remove: form(
      contactsRef,
      contacts.remove,
      say(({ removed }) => `${people(removed)} deleted.`),
    ),
  });
}
