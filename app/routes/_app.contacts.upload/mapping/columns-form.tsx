import { getFormProps } from "@conform-to/react";
import { Alert, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { FormError, Intent, SubmitButton } from "../../../components/form-parts.tsx";
import { LinkButton } from "../../../components/link-button.tsx";
import { count } from "../../../lib/format.ts";
import { useLastAnswer } from "../../../lib/use-last-answer.ts";
import { useZodForm } from "../../../lib/use-zod-form.ts";
import type { ImportPreview } from "../load.ts";
import type { action } from "../route.tsx";
import { choicesOf, columnsForm } from "./choices.ts";
import { ColumnTable } from "./column-table.tsx";
import type { Countries } from "./countries.server.ts";
import { CountrySelect } from "./country-select.tsx";

/** What each column of the file is: suggested by its title, confirmed by the person. */
export function ColumnsForm({ preview, countries }: { preview: ImportPreview; countries: Countries }) {
  const answer = useLastAnswer<typeof action>();
  const [map, fields] = useZodForm({
    schema: columnsForm,
    intent: "map",
    answer,
    defaultValue: { country: preview.country ?? "", columns: choicesOf(preview) },
  });
  const open = preview.mapping ? [] : preview.suggestion.problems;
  return (
    <Form method="post" {...getFormProps(map)}>
      <Intent name="map" />
      <input type="hidden" name={fields.importId.name} value={preview.id} />
      <Stack gap="lg">
        {open.length > 0 && (
          <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />} title="Look at this first">
            {open.map((problem) => (
              <Text key={problem} size="sm">
                {problem}
              </Text>
            ))}
          </Alert>
        )}
        <Stack gap="sm">
          <Title order={2}>What each column is</Title>
          <Text c="dimmed">
            Name, phone number and consent are needed, once each. What you keep can be used in your messages.
          </Text>
          <ColumnTable preview={preview} columns={fields.columns.getFieldList()} />
        </Stack>
        <Paper>
          <Stack>
            <CountrySelect meta={fields.country} countries={countries} />
            <FormError errors={map.errors} />
            <Group>
              <SubmitButton intent="map">Check the rows</SubmitButton>
              {preview.status === "staged" && (
                <LinkButton to={`?import=${preview.id}`} variant="default">
                  Back to the rows
                </LinkButton>
              )}
              <Text size="sm" c="dimmed">
                {count(preview.total, "row")} in the file. Nothing is kept yet.
              </Text>
            </Group>
          </Stack>
        </Paper>
      </Stack>
    </Form>
  );
}
