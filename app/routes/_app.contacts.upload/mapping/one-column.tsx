import { Alert, List, Paper, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { LinkButton } from "../../../components/link-button.tsx";
import type { ImportPreview } from "../load.ts";
import { separatorWords } from "./reading-options.tsx";

/** In place of the columns of a file that has one: why nothing can be done with it yet, its first lines, and what to do. */
export function OneColumn({ preview: { titles, samples, sheets, delimiter } }: { preview: ImportPreview }) {
  const lines = [titles[0] ?? "", ...samples.map((cells) => cells.join(delimiter ?? "  "))];
  const used = delimiter === null ? undefined : separatorWords[delimiter];
  return (
    <Stack gap="lg">
      <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />} title="Only one column was found">
        A row needs a name, a phone number and a consent, each in a column of its own.
        {used && ` Read with ${used} between the columns, the first row is all one cell.`}
      </Alert>
      <Stack gap="xs" component="section" aria-labelledby="first-lines">
        <Title order={2} id="first-lines">
          How the file begins
        </Title>
        <Paper p="md">
          {lines.map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same line may stand in several rows
            <Text key={at} ff="monospace" size="sm" lineClamp={2} fw={at === 0 ? 600 : 400} style={wrapped}>
              {line}
            </Text>
          ))}
        </Paper>
      </Stack>
      <Stack gap="xs" component="section" aria-labelledby="what-to-do">
        <Title order={2} id="what-to-do">
          What to do
        </Title>
        <List spacing="xs">
          {delimiter !== null && (
            <List.Item>
              <b>Something else stands between the columns</b>: choose it under “Separator” above.
            </List.Item>
          )}
          {sheets.length > 1 && (
            <List.Item>
              <b>The contacts are on another sheet</b>: choose it under “Sheet” above.
            </List.Item>
          )}
          <List.Item>
            <b>A heading stands above the titles</b>: delete its row in the file, so that the first row names the
            columns.
          </List.Item>
          <List.Item>
            <b>The file has one column indeed</b>: add the others in your spreadsheet program, and write yes under the
            consent of those alone who agreed.
          </List.Item>
        </List>
        <LinkButton to="/contacts/upload" variant="default" style={{ alignSelf: "flex-start" }}>
          Upload the mended file
        </LinkButton>
      </Stack>
    </Stack>
  );
}

const wrapped = { overflowWrap: "anywhere" } as const;
