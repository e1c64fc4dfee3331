import { type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { Outlet } from "@remix-run/react";
import { PublicFrame } from "../../components/public-frame.tsx";
import { ownPath } from "../../lib/params.ts";

export { BareErrorBoundary as ErrorBoundary } from "../../components/error-page.tsx";

/** Who is signed in has no business here. */
export function loader({ context, request }: LoaderFunctionArgs) {
  if (context.user) throw redirect(ownPath(new URL(request.url).searchParams.get("next")));
  return null;
}

export default function AuthLayout() {
  return (
    <PublicFrame size="xs">
      <Outlet />
    </PublicFrame>
  );
}
