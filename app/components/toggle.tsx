import { Button, Group, Switch } from "@mantine/core";
import { useNavigation } from "@remix-run/react";
import type { ReactNode } from "react";
import { ButtonForm } from "./form-parts.tsx";

/** A setting that is changed at once. It always shows what the server says; without JavaScript a button changes it. */
export function Toggle({
  intent,
  fields,
  on,
  label,
  children,
}: {
  intent: string;
  fields: Record<string, string>;
  on: boolean;
  label: string;
  /** What it does, in a sentence. */
  children: ReactNode;
}) {
  const { formData } = useNavigation();
  const pending = Object.entries({ intent, ...fields }).every(([name, value]) => formData?.get(name) === value);
  return (
    <ButtonForm intent={intent} fields={{ ...fields, to: on ? "off" : "on" }}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Switch
          checked={pending ? !on : on}
          onChange={(event) => event.currentTarget.form?.requestSubmit()}
          label={label}
          description={children}
        />
        <noscript>
          <Button type="submit" variant="default" size="xs">
            Turn {on ? "off" : "on"}
          </Button>
        </noscript>
      </Group>
    </ButtonForm>
  );
}
