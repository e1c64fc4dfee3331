import { getFormProps } from "@conform-to/react";
import { Group, Paper, Radio, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { PlusIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { useState } from "react";
import { exceptionForm } from "#server/schedules/schema.ts";
import { timesInWords } from "#server/schedules/windows/rules.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useHydrated } from "../../lib/use-hydrated.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { Schedule } from "./now.tsx";
import { datesInWords } from "./words.ts";

type Exception = Schedule["exceptions"][number];

const columns: Column<Exception>[] = [
  { header: "Dates", cell: ({ date, until }) => datesInWords(date, until) },
  { header: "Name", cell: ({ name }) => name, wide: true },
  {
    header: "Open",
    cell: ({ windows }) => (windows.length === 0 ? "Closed" : windows.map(timesInWords).join(" and ")),
  },
  {
    header: "Remove",
    cell: ({ date, until, name }) => (
      <ConfirmButton
        intent="removeException"
        fields={{ date }}
        label="Remove"
        size="xs"
        title={`Remove ${name}?`}
        confirm={`Remove ${name}`}
      >
        The windows of the week count again on {datesInWords(date, until)}.
      </ConfirmButton>
    ),
  },
];

/** Dates on which the week does not count. */
export function Exceptions({ schedule, answer }: { schedule: Schedule; answer: Answer | undefined }) {
  return (
    <Stack component="section" aria-labelledby="exceptions" gap="sm">
      <Stack gap={2}>
        <Title order={2} id="exceptions">
          Holidays and other dates
        </Title>
        <Text size="sm" c="dimmed">
          On these dates the windows of the week do not count. What began the evening before ends at midnight.
        </Text>
      </Stack>
      <DataTable
        caption="Holidays and other dates"
        columns={columns}
        rows={schedule.exceptions}
        rowKey={({ date }) => date}
        empty="No dates yet: every week is like the one above."
      />
      {/* An accepted form begins anew. */}
      <AddException key={schedule.exceptions.map(({ date }) => date).join()} answer={answer} />
    </Stack>
  );
}

function AddException({ answer }: { answer: Answer | undefined }) {
  const [add, fields] = useZodForm({ schema: exceptionForm, intent: "addException", answer });
  const [own, setOwn] = useState(fields.kind.initialValue === "own");
  const hydrated = useHydrated();
  return (
    <Paper>
      <Form method="post" preventScrollReset {...getFormProps(add)}>
        <Intent name="addException" />
        <Stack gap="md">
          <FormError errors={add.errors} />
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            <TextField meta={fields.name} label="Name" placeholder="New Year" autoComplete="off" />
            <TextInput
              key={fields.date.key}
              type="date"
              name={fields.date.name}
              defaultValue={fields.date.initialValue}
              label="Date"
              error={fields.date.errors?.join(" ")}
            />
            <TextInput
              key={fields.until.key}
              type="date"
              name={fields.until.name}
              defaultValue={fields.until.initialValue}
              label="Last date, if there are several"
              error={fields.until.errors?.join(" ")}
            />
          </SimpleGrid>
          <Radio.Group
            name={fields.kind.name}
            label="On these dates"
            defaultValue={own ? "own" : "closed"}
            onChange={(kind) => setOwn(kind === "own")}
            error={fields.kind.errors?.join(" ")}
          >
            <Group mt={6} gap="lg">
              <Radio value="closed" label="Closed" />
              <Radio value="own" label="Open at these times alone" />
            </Group>
          </Radio.Group>
          {(own || !hydrated) && (
            <Group gap="lg">
              <Times name={`${fields.windows.name}[0]`} label="First" />
              <Times name={`${fields.windows.name}[1]`} label="Second" />
              <Text size="sm" c="red">
                {Object.entries(add.allErrors)
                  .filter(([name]) => name.startsWith("windows"))
                  .flatMap(([, errors]) => errors)
                  .join(" ")}
              </Text>
            </Group>
          )}
          <Group>
            <SubmitButton intent="addException" variant="default" leftSection={<PlusIcon aria-hidden />}>
              Add the date
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}

function Times({ name, label }: { name: string; label: string }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <TextInput type="time" name={`${name}.from`} aria-label={`${label} window, from`} w={116} />
      <Text span c="dimmed" aria-hidden>
        –
      </Text>
      <TextInput type="time" name={`${name}.to`} aria-label={`${label} window, until`} w={116} />
    </Group>
  );
}
