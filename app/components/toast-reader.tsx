import { Alert } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { CheckIcon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { useEffect } from "react";
import type { Toast } from "../lib/toast.server.ts";

/** Says the sentence that the last page left for this one; without JavaScript it stands at the top of the page. */
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
  if (!toast) return null;
  return (
    <noscript>
      <Alert>{toast.text}</Alert>
    </noscript>
  );
}
