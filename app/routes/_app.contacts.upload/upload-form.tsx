import { getFormProps } from "@conform-to/react";
import { Anchor, Group, Input, Paper, Stack, Text, Title } from "@mantine/core";
import { DownloadIcon } from "@radix-ui/react-icons";
import { Form, useSearchParams } from "@remix-run/react";
import { limits } from "#server/imports/rules.ts";
import { stageFields } from "#server/imports/schema.ts";
import csv from "../../../examples/classmates.csv?url&no-inline";
import xlsx from "../../../examples/classmates.xlsx?url&no-inline";
import { SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { formatNumber } from "../../lib/format.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { FileDrop } from "./file-drop.tsx";
import { Frame } from "./frame.tsx";
import type { RecentImport } from "./load.ts";
import type { Countries } from "./mapping/countries.server.ts";
import { CountrySelect } from "./mapping/country-select.tsx";
import { RecentImports } from "./recent-imports.tsx";
import type { action } from "./route.tsx";

const RELOAD_MS = 5_000;

/** The first step: a file, and the list its people go to. Below it, what was imported before. */
export function UploadForm({
  lists,
  recent,
  countries,
}: {
  lists: { id: string; name: string }[];
  recent: RecentImport[];
  countries: Countries;
}) {
  const answer = useLastAnswer<typeof action>();
  const [search] = useSearchParams();
  const [stage, fields] = useZodForm({
    schema: stageFields,
    intent: "stage",
    answer,
    defaultValue: { contactListId: search.get("list") ?? "" },
  });
  useReloadEvery(
    RELOAD_MS,
    recent.some((one) => one.status === "reading"),
  );
  const isNewList = !fields.contactListId.value;
  return (
    <Frame
      step="File"
      title="Import contacts"
      lead="First you see what becomes of every row. Only then anything is kept, and you can take it back."
    >
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
              {isNewList && (
                <TextField
                  meta={fields.listName}
                  label="Name of the new list"
                  description="Optional: without one it is named after the file."
                />
              )}
              <CountrySelect meta={fields.country} countries={countries} />
              <Group>
                <SubmitButton intent="stage">Check the file</SubmitButton>
              </Group>
            </Stack>
          </Form>
        </Paper>
        <Needs />
      </Group>
      <RecentImports recent={recent} />
    </Frame>
  );
}

// Some rows of the samples are wrong on purpose, to show what the check says.
function Needs() {
  return (
    <Stack flex="1 1 18rem" gap="sm">
      <Title order={2}>What the file needs</Title>
      <Text>
        A first row that names the columns. One is the <b>name</b> by which you address the person, one the{" "}
        <b>phone number</b>, and one says <b>yes</b> only where this person agreed to get messages. What they are called
        does not matter: you confirm them in the next step. Every further column can be used in your messages.
      </Text>
      <Group gap="md">
        <Anchor href={xlsx} download="classmates.xlsx" underline="always">
          <DownloadIcon aria-hidden /> Sample as Excel
        </Anchor>
        <Anchor href={csv} download="classmates.csv" underline="always">
          <DownloadIcon aria-hidden /> Sample as CSV
        </Anchor>
      </Group>
    </Stack>
  );
}
