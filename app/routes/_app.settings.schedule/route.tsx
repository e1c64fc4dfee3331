import { Stack } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { activateInput, exceptionForm, exceptionOf, exceptionRef, hoursForm } from "#server/schedules/schema.ts";
import { presets } from "#server/schedules/windows/rules.ts";
import { Refused } from "../../components/form-parts.tsx";
import { Page } from "../../components/page.tsx";
import { form, submit } from "../../lib/submit.server.ts";
import { timeZones } from "../../lib/time-zones.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { Exceptions } from "./exceptions.tsx";
import { HoursForm } from "./hours-form.tsx";
import { Now } from "./now.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Active hours · MassSender" }];

const HERE = "/settings/schedule";
/** The line that says open or closed turns by itself. */
const RELOAD_MS = 30_000;

export async function loader({ context }: LoaderFunctionArgs) {
  return { schedule: await context.api.schedules.get(), zones: timeZones() };
}

const button = z.object({}).strict();
const presetForm = z
  .object({
    preset: z.coerce
      .number()
      .int()
      .min(0)
      .max(presets.length - 1),
  })
  .strict();

export function action({ context, request }: ActionFunctionArgs) {
  const { schedules } = context.api;
  const here = (toast: string) => ({ done: { to: HERE, toast } });
  const saved = ({ changes }: { changes: string[] }) => ["Saved. It holds from now on.", ...changes].join(" ");
  return submit(request, {
    hours: form(hoursForm, schedules.set, { done: { to: HERE, toast: saved } }),
    preset: form(
      presetForm,
      async ({ preset }) =>
        schedules.set({ tz: (await schedules.get()).tz, windows: [...(presets[preset]?.windows ?? [])] }),
      { done: { to: HERE, toast: saved } },
    ),
    pause: form(button, () => schedules.pause(), here("All sending is paused. What is on its way still arrives.")),
    resume: form(button, () => schedules.resume(), here("The windows decide again.")),
    activate: form(activateInput, schedules.activate, here("Messages may leave now.")),
    addException: form(
      exceptionForm,
      (typed) => schedules.addException(exceptionOf(typed)),
      here("Saved. It holds from now on."),
    ),
    removeException: form(
      exceptionRef,
      schedules.removeException,
      here("Removed. The week counts again on that date."),
    ),
  });
}

export default function SchedulePage() {
  const { schedule, zones } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  useReloadEvery(RELOAD_MS, true);
  return (
    <Page
      title="Active hours"
      lead="When messages may leave, from all of your phones. Outside of these hours nothing does."
    >
      <Refused answer={answer} intents={["pause", "resume", "preset", "removeException"]} />
      <Stack gap="xl">
        <Now schedule={schedule} answer={answer} />
        <HoursForm schedule={schedule} zones={zones} answer={answer} />
        <Exceptions schedule={schedule} answer={answer} />
      </Stack>
    </Page>
  );
}
