import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** One figure with its name, for rows of figures in a `dl`. */
export function Figure({
  label,
  children,
  note,
  words,
}: {
  label: string;
  children: ReactNode;
  note?: ReactNode;
  /** It is no figure but words, which are set smaller. */
  words?: boolean;
}) {
  return (
    <Stack gap={2}>
      <Text component="dt" size="sm" c="dimmed">
        {label}
      </Text>
      <Text component="dd" m={0} fw={650} size={words ? "md" : "xl"} lh={1.3} style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
      {note && (
        <Text component="dd" m={0} size="sm" c="dimmed">
          {note}
        </Text>
      )}
    </Stack>
  );
}
