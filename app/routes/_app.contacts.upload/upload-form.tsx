import { getFormProps } from "@conform-to/react";
import { Alert, Group, Input, Paper, Stack, Text, Title } from "@mantine/core";
import { Form, useActionData, useSearchParams } from "@remix-run/react";
import { limits } from "#server/imports/rules.ts";
import { stageFields } from "#server/contacts/schema.ts";
import { SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { FileDrop } from "./file-drop.tsx";
import type { action } from "./route.tsx";
import { Samples } from "./samples.tsx";

interface Staged {
  id: string;
  fileName: string;
  total: number;
  createdAt: Date;
}

/** The first step: a file, and the list its people go to. Nothing is kept of it but for the preview. */
export function UploadForm({ lists, staged }: { lists: { id: string; name: string }[]; staged: Staged[] }) {
  const answer = useActionData<typeof action>();
  const [search] = useSearchParams();
  const [stage, fields] = useZodForm({
    schema: stageFields,
    intent: "stage",
    answer,
    defaultValue: { contactListId: search.get("list") ?? "" },
  });
  return (
    <Page title="Import contacts" lead="First you see what becomes of every row. Only then anything is kept.">
      {staged.map((one) => (
        <Alert key={one.id} color="blue" title={`${one.fileName} waits for your decision`}>
          {count(one.total, "row")}, uploaded <Moment at={one.createdAt} />.{" "}
          <TextLink to={`?import=${one.id}`}>Look at it</TextLink>
        </Alert>
      ))}
      <Group align="flex-start" gap="lg">
        <Paper flex="1 1 24rem">
          <Form method="post" encType="multipart/form-data" {...getFormProps(stage)}>
            <Intent name="stage" />
            <Stack>
              <FormError errors={stage.errors} />
              <Input.Wrapper
                id={fields.file.id}
                label="Excel or CSV file"
                description={`.xlsx or .csv, up to ${limits.fileBytes / 1024 / 1024} MB and ${formatNumber(limits.rows)} rows`}
                error={fields.file.errors?.join(" ")}
              >
                <FileDrop id={fields.file.id} name={fields.file.name} maxBytes={limits.fileBytes} />
              </Input.Wrapper>
              <SelectField
                meta={fields.contactListId}
                label="Where they go"
                data={[
                  { value: "", label: "A new list" },
                  ...lists.map((list) => ({ value: list.id, label: `Add to ${list.name}` })),
                ]}
              />
              <TextField
                meta={fields.listName}
                label="Name of the new list"
                description="Optional: without one it is named after the file."
              />
              <Group>
                <SubmitButton intent="stage">Check the file</SubmitButton>
              </Group>
            </Stack>
          </Form>
        </Paper>
        <Stack flex="1 1 18rem" gap="sm">
          <Title order={2}>What the file needs</Title>
          <Text>
            The first row names the columns. <b>name</b> is how you address the person, <b>phone_e164</b> the number
            with country code, and <b>consent</b> says <b>yes</b> only if this person agreed. Every further column can
            be used in your message.
          </Text>
          <Samples />
        </Stack>
      </Group>
    </Page>
  );
}
