import type { z } from "zod";
import type { Id } from "#db/ids.ts";
import {
  contactsRef,
  eraseInput,
  mergeInput,
  onListInput,
  recordConsentInput,
  suppressInput,
  withdrawConsentInput,
} from "#server/contacts/schema.ts";
import type { Api } from "#server/route-api.ts";
import { editFields, toAttributes } from "../../lib/person-fields.ts";
import { form, submit } from "../../lib/submit.server.ts";

/** Does what a form of a person's page asks. */
export function act(request: Request, contacts: Api["contacts"], id: Id<"contact">) {
  const here = `/contacts/${id}`;
  const say = (toast: string) => ({ done: { to: here, toast } });
  const mergeThem = async (input: z.output<typeof mergeInput>) => {
    await contacts.merge(input);
    return input.keepId;
  };
  return submit(request, {
    edit: form(
      editFields,
      ({ attributes, ...person }) => contacts.update({ ...person, attributes: toAttributes(attributes) }),
      say("Saved."),
    ),
    addToList: form(onListInput, contacts.addToList, say("Put on the list.")),
    removeFromList: form(onListInput, contacts.removeFromList, say("Taken off the list.")),
    recordConsent: form(recordConsentInput, contacts.recordConsent, say("Their consent is recorded.")),
    withdrawConsent: form(
      withdrawConsentInput,
      contacts.withdrawConsent,
      say("Their consent is withdrawn. Nothing goes to them any more."),
    ),
    suppress: form(suppressInput, contacts.suppress, say("They will never be messaged again.")),
    merge: form(mergeInput, mergeThem, {
      done: { to: (keepId) => `/contacts/${keepId}`, toast: "The two are one contact now." },
    }),
    remove: form(contactsRef, contacts.remove, { done: { to: "/contacts", toast: "The contact is deleted." } }),
    erase: form(eraseInput, contacts.erase, {
      done: { to: "/contacts", toast: "Everything about this person is erased. They are never messaged again." },
    }),
  });
}
