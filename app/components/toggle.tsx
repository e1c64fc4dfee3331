import { Button, Group, Switch } from "@mantine/core";
import { useFetcher } from "@remix-run/react";
import type { ReactNode } from "react";
import type { Answer } from "../lib/submit.server.ts";
import { useEarlierTick } from "../lib/use-earlier.ts";
import { ButtonForm, Refused } from "./form-parts.tsx";

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
  label: ReactNode;
  /** What it does, in a sentence. */
  children?: ReactNode;
}) {
  // Each by itself: whatever is done next does not break it off.
  const key = [intent, ...Object.values(fields)].join(" ");
  const { data, formData } = useFetcher<Answer>({ key });
  const shown = formData ? formData.get("to") === "on" : on;
  const box = useEarlierTick(on, ({ form }) => form?.requestSubmit());
  return (
    <ButtonForm intent={intent} fields={{ ...fields, to: shown ? "off" : "on" }} navigate={false} fetcherKey={key}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Switch
          ref={box}
          autoComplete="off"
          checked={shown}
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
      <Refused answer={data} intents={[intent]} />
    </ButtonForm>
  );
}
