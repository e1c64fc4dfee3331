import { type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { Outlet, useLoaderData } from "@remix-run/react";
import { PublicFrame } from "../../components/public-frame.tsx";
import { loginPath } from "../../lib/params.ts";
import { Shell } from "./shell.tsx";

export { BareErrorBoundary as ErrorBoundary } from "../../components/error-page.tsx";

/** The account, its points, its plan, its phones and whether all sending is paused: what is in sight on every screen. `/` alone is open to everybody. */
export async function loader({ context, request }: LoaderFunctionArgs) {
  const loadedAt = Date.now();
  const { api, user, simulator } = context;
  if (!user) {
    if (new URL(request.url).pathname === "/") return { user: null };
    throw redirect(loginPath(request));
  }
  const [wallet, plan, sessions, { paused }, unread] = await Promise.all([
    api.wallet.get(),
    api.billing.plan.get(),
    api.wa.list(),
    api.schedules.get(),
    api.inbox.unread(),
  ]);
  return {
    loadedAt,
    user,
    simulator,
    wallet,
    plan,
    unread,
    schedule: { paused },
    sessions: sessions.map(({ id, status, phone, pushName, idleUntil }) => ({
      id,
      status,
      phone,
      pushName,
      idleUntil,
    })),
  };
}

export default function AppLayout() {
  const account = useLoaderData<typeof loader>();
  if (!account.user) {
    return (
      <PublicFrame>
        <Outlet />
      </PublicFrame>
    );
  }
  return (
    <Shell account={account}>
      <Outlet />
    </Shell>
  );
}
