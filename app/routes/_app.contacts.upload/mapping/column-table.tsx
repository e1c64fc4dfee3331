import type { FieldMetadata } from "@conform-to/react";
import { Badge, Box, Group, Stack, Text } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { type Column, DataTable } from "../../../components/data-table.tsx";
import { SelectField, TextField } from "../../../components/field.tsx";
import type { ImportPreview } from "../load.ts";
import { doubtOf, kinds, kindWords } from "./choices.ts";

// What conform knows of a column's two fields; its own type names every field of the form.
type ColumnField = FieldMetadata<{ is?: string | undefined; as?: string | undefined } | undefined>;

interface FileColumn {
  at: number;
  title: string;
  samples: string[];
  /** What the title and the cells suggest, while nobody has confirmed it. */
  suggested: boolean;
  doubt: string | null;
  field: ColumnField;
}

/** Every column of the file: its title, its first cells, and the choice of what it is. */
export function ColumnTable({ preview, columns }: { preview: ImportPreview; columns: readonly ColumnField[] }) {
  const rows = columns.map((field, at): FileColumn => {
    const begins = field.getFieldset().is.initialValue;
    return {
      at,
      title: preview.titles[at] ?? "",
      samples: preview.samples.map((row) => row[at] ?? "").filter((text) => text !== ""),
      suggested: !preview.mapping && begins !== undefined && begins !== "none",
      doubt: doubtOf(at, preview),
      field,
    };
  });
  return <DataTable caption="Columns of the file" columns={parts} rows={rows} rowKey={(row) => row.at} />;
}

const parts: Column<FileColumn>[] = [
  { header: "Column", cell: ({ title, at }) => <Box style={{ overflowWrap: "anywhere" }}>{nameOf(title, at)}</Box> },
  { header: "First values", cell: (column) => <Samples samples={column.samples} /> },
  { header: "What it is", cell: (column) => <Choice column={column} />, wide: true },
];

const nameOf = (title: string, at: number) => title || `Column ${at + 1} (no title)`;

function Samples({ samples }: { samples: string[] }) {
  if (samples.length === 0)
    return (
      <Text size="sm" c="dimmed">
        empty in the first rows
      </Text>
    );
  return (
    <Stack gap={2} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
      {samples.map((text, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same value may stand in several rows
        <Text key={at} component="li" size="sm" lineClamp={1} style={{ wordBreak: "break-all" }}>
          {text}
        </Text>
      ))}
    </Stack>
  );
}

function Choice({ column }: { column: FileColumn }) {
  const { title, at, field, suggested, doubt } = column;
  const { is, as } = field.getFieldset();
  // Without JavaScript the name has to be there whatever is chosen.
  const alive = useMounted();
  const name = nameOf(title, at);
  const changed = is.value !== is.initialValue;
  return (
    <Stack gap={6}>
      <Group gap="xs" align="flex-start">
        <SelectField
          meta={is}
          aria-label={`What ${name} is`}
          data={[{ value: "", label: "Choose…" }, ...kinds.map((kind) => ({ value: kind, label: kindWords[kind] }))]}
          w={190}
        />
        {(!alive || is.value === "keep") && (
          <TextField
            meta={as}
            aria-label={`Name of the variable for ${name}`}
            leftSection={
              <Text span c="dimmed">
                {"{{"}
              </Text>
            }
            rightSection={
              <Text span c="dimmed">
                {"}}"}
              </Text>
            }
            rightSectionPointerEvents="none"
            w={190}
          />
        )}
        {suggested && !changed && (
          <Badge variant="light" color="blue" tt="none" fw={600} radius="sm" mt={8}>
            Suggested
          </Badge>
        )}
      </Group>
      {doubt && (
        <Text size="sm" c="dimmed" maw={420}>
          {doubt}
        </Text>
      )}
    </Stack>
  );
}
