import { Anchor, Group } from "@mantine/core";
import { DownloadIcon } from "@radix-ui/react-icons";
import csv from "../../../examples/classmates.csv?url&no-inline";
import xlsx from "../../../examples/classmates.xlsx?url&no-inline";

/** Files to begin with: some of their rows are wrong on purpose, to show what the check says. */
export function Samples() {
  return (
    <Group gap="md">
      <Anchor href={xlsx} download="classmates.xlsx" underline="always">
        <DownloadIcon aria-hidden /> Sample as Excel
      </Anchor>
      <Anchor href={csv} download="classmates.csv" underline="always">
        <DownloadIcon aria-hidden /> Sample as CSV
      </Anchor>
    </Group>
  );
}
