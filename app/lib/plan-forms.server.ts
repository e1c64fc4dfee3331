import { z } from "zod";
import { autoRenewInput, nextPlanInput } from "#server/billing/plans/schema.ts";
import type { Api } from "#server/route-api.ts";
import { form } from "./submit.server.ts";

const button = z.object({}).strict();
// A path of this site, and nothing that a browser takes for another one.
const reminderForm = z.object({ back: z.string().regex(/^\/(?![/\\])/) }).strict();

/** The forms of a plan (components/plan-settings.tsx, and the reminder in the shell), for the action of the page `here`. */
export const planForms = ({ billing }: Api, here: string) => ({
  autoRenew: form(autoRenewInput, billing.plan.setAutoRenew, { done: { to: here } }),
  nextPlan: form(nextPlanInput, billing.plan.setNextPlan, { done: { to: here, toast: "That plan follows this one." } }),
  forgetCard: form(button, () => billing.forgetMethod(), {
    done: { to: here, toast: "The card is forgotten. Nothing is charged by itself any more." },
  }),
  closeReminders: form(
    reminderForm,
    async ({ back }) => {
      await billing.plan.closeReminders();
      return back;
    },
    { done: { to: (back) => back } },
  ),
});
