import { Alert, SimpleGrid } from "@mantine/core";
import { ExclamationTriangleIcon, MobileIcon, PlusIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { newQrInput, sessionRef } from "#server/wa/schema.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { ButtonForm, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { Page } from "../../components/page.tsx";
import { form, submit } from "../../lib/submit.server.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { SessionCard } from "./session-card.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Link a phone · MassSender" }];

const LINKING_RELOAD_MS = 5_000;

export async function loader({ context }: LoaderFunctionArgs) {
  const sessions = await context.api.wa.list();
  return {
    simulator: context.simulator,
    // The code itself is a secret that only the picture shows.
    sessions: sessions.map(({ qr, ...session }) => ({ ...session, hasQr: qr !== null })),
  };
}

export function action({ context, request }: ActionFunctionArgs) {
  const { wa } = context.api;
  const done = (toast: string) => ({ done: { to: "/link", toast } });
  return submit(request, {
    link: form(z.object({}).strict(), () => wa.link(), { done: { to: "/link" } }),
    new_qr: form(newQrInput, wa.newQr, { done: { to: "/link" } }),
    unlink: form(sessionRef, wa.unlink, done("The phone is being unlinked.")),
    remove: form(sessionRef, wa.remove, done("Removed. Its campaigns and their results are kept.")),
  });
}

export default function LinkPage() {
  const { sessions, simulator } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  useReloadEvery(
    LINKING_RELOAD_MS,
    sessions.some(({ status }) => status === "waiting" || status === "pairing"),
  );
  const link = (
    <ButtonForm intent="link">
      <SubmitButton intent="link" leftSection={<PlusIcon aria-hidden />}>
        Link a phone
      </SubmitButton>
    </ButtonForm>
  );
  return (
    <Page
      title="Linked phones"
      lead="MassSender sends as a linked device of your WhatsApp, like WhatsApp Web. The phone stays yours."
      actions={sessions.length > 0 && link}
    >
      <Refused answer={answer} intents={["link", "new_qr", "unlink", "remove"]} />
      {sessions.length === 0 ? (
        <EmptyState icon={MobileIcon} title="No phone is linked" action={link}>
          Have the phone at hand. You will scan a code with it: WhatsApp, Settings, Linked devices, Link a device.
        </EmptyState>
      ) : (
        <SimpleGrid cols={{ base: 1, lg: sessions.length > 1 ? 2 : 1 }}>
          {sessions.map((session) => (
            <SessionCard key={session.id} session={session} simulator={simulator} />
          ))}
        </SimpleGrid>
      )}
      <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />} title="WhatsApp may not like this">
        Bulk messages through a linked device are against WhatsApp's terms, however slowly they go. WhatsApp can
        restrict or ban the number. Do not link a number you cannot afford to lose, and message only people who agreed.
      </Alert>
    </Page>
  );
}
