import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { useReloadEvery } from "../../lib/use-live.ts";
import { Dashboard } from "./dashboard.tsx";
import { Landing } from "./landing.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [
  { title: "MassSender" },
  { name: "description", content: "Opt-in WhatsApp campaigns: slow, safe, and honest about every message." },
];

const RUNNING_RELOAD_MS = 15_000;

export async function loader({ context }: LoaderFunctionArgs) {
  const { api, user } = context;
  if (!user) return null;
  const [sendable, campaigns, failedWebhooks] = await Promise.all([
    api.contacts.page({ state: "sendable", limit: 1 }),
    api.campaigns.list({}),
    api.webhooks.failed(),
  ]);
  return {
    hasContacts: sendable.rows.length > 0,
    hasCampaign: campaigns.rows.length > 0,
    failedWebhooks,
    current: campaigns.rows.filter((row) => ["scheduled", "running", "paused", "cancelling"].includes(row.status)),
    recent: campaigns.rows.filter((row) => ["draft", "completed", "cancelled"].includes(row.status)).slice(0, 5),
  };
}

export default function Start() {
  const data = useLoaderData<typeof loader>();
  useReloadEvery(RUNNING_RELOAD_MS, data?.current.some((row) => row.status === "running") ?? false);
  return data ? <Dashboard {...data} /> : <Landing />;
}
