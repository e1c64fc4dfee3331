import { Box, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { MessageText } from "./message-text.tsx";
import styles from "./phone-frame.module.css";

export interface Bubble {
  id: string;
  fromMe: boolean;
  text: string | null;
  /** Stands above the text: who wrote it, what it replies to, its picture. */
  above?: ReactNode;
  note?: ReactNode;
}

/** A phone with one chat open. With `scrolls` a long one scrolls within the phone, its end in sight. */
export function PhoneFrame({
  title,
  subtitle,
  messages,
  footer,
  scrolls = false,
}: {
  title: string;
  subtitle?: string | undefined;
  messages: readonly Bubble[];
  footer?: ReactNode;
  scrolls?: boolean;
}) {
  return (
    <Box className={styles.phone}>
      <Group className={styles.top} gap="sm" wrap="nowrap">
        <Box className={styles.face} aria-hidden>
          {title.slice(0, 1).toUpperCase()}
        </Box>
        <Stack gap={0} miw={0}>
          <Text fw={600} truncate>
            {title}
          </Text>
          {subtitle && <Text size="xs">{subtitle}</Text>}
        </Stack>
      </Group>
      <Box className={scrolls ? styles.scroll : undefined}>
        <Stack className={styles.chat} gap="xs" component="ul">
          {messages.map((message) => (
            <Box key={message.id} component="li" className={styles.bubble} data-mine={message.fromMe || undefined}>
              {message.above}
              {message.text === null ? !message.above && "(not a text)" : <MessageText text={message.text} />}
              {message.note && <Text size="xs">{message.note}</Text>}
            </Box>
          ))}
        </Stack>
      </Box>
      {footer && <Box className={styles.foot}>{footer}</Box>}
    </Box>
  );
}
