import { getFormProps } from "@conform-to/react";
import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Form } from "@remix-run/react";
import { scanInput } from "#server/dev-phone/schema.ts";
import { SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { PhoneData } from "./load.ts";

/** The camera of a pretend phone: it scans the code that this account shows at the moment. */
export function ScanForm({
  waiting,
  suggested,
  answer,
}: Pick<PhoneData, "waiting" | "suggested"> & { answer: Answer | undefined }) {
  const [scan, fields] = useZodForm({
    schema: scanInput,
    intent: "scan",
    answer,
    defaultValue: { phone: suggested, name: "My phone" },
  });
  const ready = waiting.filter((session) => session.ready);
  return (
    <Paper>
      <Stack>
        <Title order={2}>Scan the code</Title>
        {waiting.length === 0 ? (
          <Text c="dimmed">
            No code waits to be scanned. <TextLink to="/link">Link a phone</TextLink> shows one.
          </Text>
        ) : (
          <Form method="post" {...getFormProps(scan)}>
            <Intent name="scan" />
            <Stack>
              <FormError errors={scan.errors} />
              <Group align="flex-start">
                <TextField meta={fields.phone} type="tel" label="Number of the phone" style={{ flex: "1 1 12rem" }} />
                <TextField meta={fields.name} label="Name on the phone" style={{ flex: "1 1 12rem" }} />
                {ready.length > 1 && (
                  <SelectField
                    meta={fields.sessionId}
                    label="Code"
                    data={ready.map((session, index) => ({ value: session.id, label: `Code ${index + 1}` }))}
                    style={{ flex: "1 1 8rem" }}
                  />
                )}
              </Group>
              {ready.length === 1 && <input type="hidden" name={fields.sessionId.name} value={ready[0]?.id} />}
              <Group>
                <SubmitButton intent="scan" disabled={ready.length === 0}>
                  {ready.length === 0 ? "The code is on its way" : "Scan the code"}
                </SubmitButton>
              </Group>
            </Stack>
          </Form>
        )}
      </Stack>
    </Paper>
  );
}
