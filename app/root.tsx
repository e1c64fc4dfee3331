import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/dropzone/styles.css";
import "./app.css";
import { ColorSchemeScript, MantineProvider, mantineHtmlProps } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { data, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { Links, Meta, Outlet, Scripts, ScrollRestoration, useLoaderData } from "@remix-run/react";
import type { ReactNode } from "react";
import { NavigationProgress } from "./components/navigation-progress.tsx";
import { ToastReader } from "./components/toast-reader.tsx";
import { useNonce } from "./lib/nonce.ts";
import { takeToast } from "./lib/toast.server.ts";
import { useFocusOnContent } from "./lib/use-focus-on-content.ts";
import { cssVariables, theme } from "./theme.ts";

export { BareErrorBoundary as ErrorBoundary } from "./components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "MassSender" }];

export async function loader({ request }: LoaderFunctionArgs) {
  const { toast, headers } = await takeToast(request);
  return data({ toast }, { headers });
}

export function Layout({ children }: { children: ReactNode }) {
  const nonce = useNonce();
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {/* Vite gives this nonce to the preloads that it adds. */}
        <meta property="csp-nonce" nonce={nonce} suppressHydrationWarning />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <ColorSchemeScript nonce={nonce} suppressHydrationWarning defaultColorScheme="auto" />
        {/* What only a script can do is not offered where none runs. */}
        <noscript>
          <style>{"[data-needs-script]{display:none!important}"}</style>
        </noscript>
        <Meta />
        <Links />
      </head>
      <body>
        <MantineProvider
          theme={theme}
          cssVariablesResolver={cssVariables}
          defaultColorScheme="auto"
          getStyleNonce={() => nonce ?? ""}
        >
          <NavigationProgress />
          {children}
          <Notifications position="bottom-right" classNames={{ root: "toasts" }} />
        </MantineProvider>
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  );
}

export default function Root() {
  const { toast } = useLoaderData<typeof loader>();
  useFocusOnContent();
  return (
    <>
      <ToastReader toast={toast} />
      <Outlet />
    </>
  );
}
