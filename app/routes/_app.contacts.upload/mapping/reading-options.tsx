import { Group, NativeSelect, Text } from "@mantine/core";
import { useNavigation, useSubmit } from "@remix-run/react";
import type { ChangeEvent } from "react";
import { ButtonForm, Refused, SubmitButton } from "../../../components/form-parts.tsx";
import { useLastAnswer } from "../../../lib/use-last-answer.ts";
import type { ImportPreview } from "../load.ts";
import type { action } from "../route.tsx";

const separators = [
  { value: ",", label: "Comma  ," },
  { value: ";", label: "Semicolon  ;" },
  { value: "\t", label: "Tab" },
  { value: "|", label: "Bar  |" },
];

/** What separates the columns, in a sentence. */
export const separatorWords: Readonly<Record<string, string>> = {
  ",": "a comma",
  ";": "a semicolon",
  "\t": "a tab",
  "|": "a bar",
};

/** How the file was read, and the choice where there is one: another sheet or another separator reads it again. */
export function ReadingOptions({ preview }: { preview: ImportPreview }) {
  const answer = useLastAnswer<typeof action>();
  const submit = useSubmit();
  // While it is read again the choice is the new one; a file that is refused that way stays as it was read.
  const { formData } = useNavigation();
  const asked = (field: "sheet" | "delimiter") => {
    const value = formData?.get(field);
    return typeof value === "string" ? value : undefined;
  };
  const choose = (event: ChangeEvent<HTMLSelectElement>) =>
    submit(event.currentTarget.form, { preventScrollReset: true });
  const { sheets, delimiter, readOptions, readAs } = preview;
  const choice = sheets.length > 1 || delimiter !== null;
  return (
    <>
      <Refused answer={answer} intents={["read"]} />
      <Group gap="lg" align="flex-end">
        {choice && (
          <ButtonForm intent="read" fields={{ importId: preview.id }}>
            <Group gap="sm" align="flex-end">
              {sheets.length > 1 && (
                <NativeSelect
                  name="sheet"
                  label="Sheet"
                  value={asked("sheet") ?? readOptions.sheet ?? sheets[0]}
                  onChange={choose}
                  data={sheets.map((sheet) => ({ value: sheet, label: sheet }))}
                />
              )}
              {delimiter !== null && (
                <NativeSelect
                  name="delimiter"
                  label="Separator"
                  value={asked("delimiter") ?? delimiter}
                  onChange={choose}
                  data={separators}
                />
              )}
              <noscript>
                <SubmitButton intent="read" variant="default">
                  Read it again
                </SubmitButton>
              </noscript>
            </Group>
          </ButtonForm>
        )}
        <Text size="sm" c="dimmed" pb={8}>
          {readAs ? `How it was read: ${readAs}. ` : ""}
          {choice && "Choosing another one reads the file again."}
        </Text>
      </Group>
    </>
  );
}
