import { Alert } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { actOnPhone } from "./act.server.ts";
import { Chats } from "./chats.tsx";
import { Devices, ScanForm } from "./devices.tsx";
import { Faults } from "./faults.tsx";
import { Groups } from "./groups.tsx";
import { loadPage, type PhoneData } from "./load.ts";
import { People } from "./people.tsx";
import { NewPhone, PhoneBar, Tabs } from "./phone-bar.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Pretend phone · MassSender" }];

// Nobody announces what happens on a pretend phone.
const RELOAD_MS = 2_000;

export function loader({ context, request }: LoaderFunctionArgs) {
  if (!context.simulator) throw new Response(null, { status: 404 });
  return loadPage(context.api, context.user, new URL(request.url).searchParams);
}

export function action({ context, request }: ActionFunctionArgs) {
  if (!context.simulator) throw new Response(null, { status: 404 });
  return actOnPhone(request, context.api.dev);
}

export default function PretendPhone() {
  const data = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  useReloadEvery(RELOAD_MS, true);
  return (
    <Page
      title="Pretend phone"
      lead="You play the phones on the other side. No message leaves this computer."
      actions={
        <LinkButton to="/link" variant="default">
          Back to linked phones
        </LinkButton>
      }
    >
      {data.down !== null ? (
        <Alert
          color="red"
          role="alert"
          icon={<ExclamationTriangleIcon aria-hidden />}
          title="The phones cannot be seen"
        >
          {data.down} This page goes on by itself as soon as it answers.
        </Alert>
      ) : (
        <Phone data={data} answer={answer} />
      )}
    </Page>
  );
}

function Phone({ data, answer }: { data: PhoneData; answer: Answer | undefined }) {
  const { tab, account, chats, people, groups, faults } = data;
  if (!account) {
    return data.waiting.length > 0 && data.phones.length === 0 ? (
      <ScanForm data={data} answer={answer} />
    ) : (
      <NewPhone data={data} answer={answer} />
    );
  }
  return (
    <>
      <PhoneBar data={data} account={account} answer={answer} />
      <Tabs chosen={tab} account={account} />
      {tab === "devices" && <Devices key={account.phone} data={data} account={account} answer={answer} />}
      {chats && <Chats phone={account} chats={chats} answer={answer} />}
      {people && <People phone={account.phone} people={people} answer={answer} />}
      {groups && <Groups phone={account.phone} groups={groups} answer={answer} />}
      {faults && <Faults account={account} faults={faults} answer={answer} />}
    </>
  );
}
