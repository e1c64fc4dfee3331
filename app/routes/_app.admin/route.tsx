import { Button, Group, Stack } from "@mantine/core";
import type { LoaderFunctionArgs } from "@remix-run/node";
import { Link, Outlet, useLocation } from "@remix-run/react";
import { parts } from "../_app/navigation.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

/** To anybody but an administrator there is nothing here. */
export function loader({ context }: LoaderFunctionArgs) {
  if (!context.user?.isAdmin) throw new Response(null, { status: 404 });
  return null;
}

/** The pages of administration, and the way between them on a phone, whose bar has no room for it. */
export default function Administration() {
  const { pathname } = useLocation();
  const pages = [{ to: "/admin", label: "Accounts" }, ...(parts["/admin"] ?? [])];
  return (
    <Stack gap="lg">
      <Group component="nav" aria-label="Administration" gap="xs" hiddenFrom="sm">
        {pages.map(({ to, label }) => {
          const here = to === "/admin" ? pathname === to || pathname.startsWith("/admin/users") : pathname === to;
          return (
            <Button
              key={to}
              component={Link}
              to={to}
              size="xs"
              radius="xl"
              variant={here ? "filled" : "default"}
              aria-current={here ? "page" : undefined}
            >
              {label}
            </Button>
          );
        })}
      </Group>
      <Outlet />
    </Stack>
  );
}
