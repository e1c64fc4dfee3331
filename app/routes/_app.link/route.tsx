import { Alert, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon, PlusIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData, useSearchParams } from "@remix-run/react";
import { Refused } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { withSearch } from "../../lib/params.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { actOnSessions } from "./act.server.ts";
import { LinkWays } from "./link-ways.tsx";
import { SessionCard } from "./session-card.tsx";
import { forPage, isUnderWay } from "./sessions.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Linked phones · MassSender" }];

const RELOAD_MS = 5_000;

export async function loader({ context }: LoaderFunctionArgs) {
  const sessions = await context.api.wa.list();
  return { simulator: context.simulator, sessions: sessions.map(forPage) };
}

export function action({ context, request }: ActionFunctionArgs) {
  return actOnSessions(request, context.api.wa, "/link");
}

export default function LinkPage() {
  const { sessions, simulator } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const [search] = useSearchParams();
  useReloadEvery(RELOAD_MS, sessions.some(isUnderWay));
  const adding = sessions.length === 0 || search.has("add");
  return (
    <Page
      title="Linked phones"
      lead="MassSender sends as a linked device of your WhatsApp, like WhatsApp Web. The phone stays yours."
      actions={
        !adding && (
          <LinkButton to={withSearch(search, { add: "1" })} variant="default" leftSection={<PlusIcon aria-hidden />}>
            Link another phone
          </LinkButton>
        )
      }
    >
      <Refused answer={answer} intents={["link", "unlink", "reconnect", "read_limits", "keep", "remove"]} />
      {adding && (
        <Paper key="add" component="section" aria-labelledby="add-a-phone">
          <Stack>
            <Stack gap={4}>
              <Title order={2} id="add-a-phone">
                {sessions.length === 0 ? "Link your first phone" : "Link another phone"}
              </Title>
              <Text c="dimmed">Have the phone with WhatsApp at hand. It takes half a minute.</Text>
            </Stack>
            <LinkWays answer={answer} canLeave={sessions.length > 0} />
          </Stack>
        </Paper>
      )}
      {sessions.length > 0 && (
        <SimpleGrid key="phones" cols={{ base: 1, lg: sessions.length > 1 ? 2 : 1 }} style={{ alignItems: "start" }}>
          {sessions.map((session) => (
            <SessionCard key={session.id} session={session} simulator={simulator} answer={answer} />
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
