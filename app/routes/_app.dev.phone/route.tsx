import { Group, Stack, Text } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { scanInput, writeInput } from "#server/dev-phone/schema.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { form, submit } from "../../lib/submit.server.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { Chats } from "./chats.tsx";
import { loadPhone } from "./load.ts";
import { PhonePicker } from "./phone-picker.tsx";
import { ScanForm } from "./scan-form.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Pretend phone · MassSender" }];

// Nobody announces what happens on a pretend phone.
const RELOAD_MS = 2_000;

export function loader({ context, request }: LoaderFunctionArgs) {
  if (!context.simulator) throw new Response(null, { status: 404 });
  return loadPhone(context.api, context.user, new URL(request.url).searchParams);
}

export function action({ context, request }: ActionFunctionArgs) {
  if (!context.simulator) throw new Response(null, { status: 404 });
  const { dev } = context.api;
  return submit(request, {
    scan: form(scanInput, async (input) => ({ ...input, done: await dev.scan(input) }), {
      done: {
        to: ({ phone }) => `/dev/phone?${new URLSearchParams({ phone })}`,
        toast: "Scanned. The phone is being linked.",
      },
    }),
    write: form(writeInput, dev.write),
  });
}

export default function PretendPhone() {
  const data = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  useReloadEvery(RELOAD_MS, true);
  return (
    <Page
      title="Pretend phone"
      lead="The local WhatsApp is in use: no message leaves this computer. Here you play the phones on the other side."
      actions={
        <LinkButton to="/link" variant="default">
          Back to linked phones
        </LinkButton>
      }
    >
      <ScanForm key={data.suggested} waiting={data.waiting} suggested={data.suggested} answer={answer} />
      <Group align="flex-start" gap="lg">
        <Stack flex="1 1 14rem" maw={{ base: "100%", md: 300 }}>
          <PhonePicker phones={data.phones} chosen={data.phone} />
        </Stack>
        <Stack flex="2 1 20rem">
          {data.phone ? (
            <Chats phone={data.phone} chats={data.chats} open={data.open} answer={answer} />
          ) : (
            <Text c="dimmed">No phone yet. Scanning a code makes one.</Text>
          )}
        </Stack>
      </Group>
    </Page>
  );
}
