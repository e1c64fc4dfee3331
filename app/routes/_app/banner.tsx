import { Alert, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./banner.module.css";

interface Props {
  color: "blue" | "yellow" | "red";
  icon: ReactNode;
  /** A button that leads on. */
  action?: ReactNode;
  /** A button that closes it. */
  close?: ReactNode;
  testId?: string;
  children: ReactNode;
}

const classNames = { icon: styles.icon ?? "" };

/** What somebody must know on every screen, above it. The first line of its words is level with its icon and its buttons. */
export function Banner({ color, icon, action, close, testId, children }: Props) {
  return (
    <Alert color={color} mb="md" py="xs" icon={icon} classNames={classNames} data-testid={testId}>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <Group justify="space-between" gap="xs" flex={1} align="flex-start">
          <Text size="sm" className={styles.words}>
            {children}
          </Text>
          {action}
        </Group>
        {close}
      </Group>
    </Alert>
  );
}
