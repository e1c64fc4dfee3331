import { Alert } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { CheckIcon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { useRouteLoaderData } from "@remix-run/react";
import { useEffect } from "react";
import type { Toast } from "../lib/toast.server.ts";
import type { loader } from "../root.tsx";

/** The sentence that the last page left for this one, for a page without JavaScript: it stands at the top of its content. */
export function PlainToast() {
  const toast = useRouteLoaderData<typeof loader>("root")?.toast;
  if (!toast) return null;
  return (
    <noscript>
      <Alert mb="md">{toast.text}</Alert>
    </noscript>
  );
}

/** Says it in a corner, for a while. */
export function ToastReader({ toast }: { toast: Toast | null }) {
  useEffect(() => {
    if (!toast) return;
    // The id keeps a page that is rendered twice from saying it twice.
    notifications.show({
      id: toast.id,
      message: toast.text,
      color: toast.tone === "done" ? "teal" : "red",
      icon: toast.tone === "done" ? <CheckIcon /> : <ExclamationTriangleIcon />,
      autoClose: 6_000,
      closeButtonProps: { "aria-label": "Close this message" },
    });
  }, [toast]);
  return null;
}
