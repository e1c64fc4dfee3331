import { Paper } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Refused } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { StatusBadge, sessionLooks } from "../../components/status-badge.tsx";
import { idParam } from "../../lib/params.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { actOnSessions } from "../_app.link/act.server.ts";
import { SessionBody } from "../_app.link/session-body.tsx";
import { forPage, isUnderWay, nameOf } from "../_app.link/sessions.ts";
import { Health } from "./health.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data ? nameOf(data.session) : "Phone"} · MassSender` },
];

/** A connected phone's figures change without an event. */
const RELOAD_MS = 15_000;
const SOON_MS = 5_000;

export async function loader({ context, params }: LoaderFunctionArgs) {
  const session = await context.api.wa.get({ id: idParam("waSession", params.id) });
  return { simulator: context.simulator, session: forPage(session) };
}

export function action({ context, params, request }: ActionFunctionArgs) {
  return actOnSessions(request, context.api.wa, `/link/${idParam("waSession", params.id)}`);
}

export default function PhonePage() {
  const { session, simulator } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  useReloadEvery(isUnderWay(session) ? SOON_MS : RELOAD_MS, true);
  return (
    <Page
      title={nameOf(session)}
      lead={session.pushName ?? undefined}
      badge={<StatusBadge look={sessionLooks[session.status]} size="lg" />}
      actions={
        <LinkButton to="/link" variant="default">
          All linked phones
        </LinkButton>
      }
    >
      <Refused answer={answer} intents={["unlink", "reconnect", "read_limits", "keep", "remove"]} />
      <Paper p={{ base: "md", sm: "lg" }}>
        <SessionBody session={session} simulator={simulator} answer={answer} />
      </Paper>
      <Health session={session} />
    </Page>
  );
}
