import { Box } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./with-preview.module.css";

/** What is worked on, how it looks beside it, and what comes after both; on a phone one below the other, in this order. */
export function WithPreview({
  children,
  preview,
  follows = false,
  rest,
}: {
  children: ReactNode;
  preview: ReactNode;
  /** Stays in sight while the rest is scrolled. */
  follows?: boolean;
  rest: ReactNode;
}) {
  return (
    <Box className={styles.frame}>
      <Box className={styles.main}>{children}</Box>
      <Box className={styles.preview} data-follows={follows || undefined}>
        {preview}
      </Box>
      <Box className={styles.rest}>{rest}</Box>
    </Box>
  );
}
