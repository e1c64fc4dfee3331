import { Group, Stack, Text, Title } from "@mantine/core";
import {
  CheckCircledIcon,
  CircleBackslashIcon,
  CrossCircledIcon,
  EyeOpenIcon,
  ResetIcon,
  TableIcon,
  UpdateIcon,
} from "@radix-ui/react-icons";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { RecentImport } from "./load.ts";
import { leftOut } from "./verdicts.tsx";

const looks = {
  reading: { word: "Being read", color: "blue", icon: UpdateIcon },
  mapping: { word: "Columns to confirm", color: "yellow", icon: TableIcon },
  staged: { word: "Rows to look at", color: "yellow", icon: EyeOpenIcon },
  committed: { word: "Imported", color: "green", icon: CheckCircledIcon },
  undone: { word: "Undone", color: "gray", icon: ResetIcon },
  discarded: { word: "Discarded", color: "gray", icon: CircleBackslashIcon },
  failed: { word: "Not readable", color: "red", icon: CrossCircledIcon },
} as const satisfies Record<RecentImport["status"], Look>;

const undecided = (one: RecentImport) => one.status === "mapping" || one.status === "staged";

const columns: Column<RecentImport>[] = [
  { header: "File", cell: (one) => <TextLink to={`?import=${one.id}`}>{one.fileName}</TextLink> },
  { header: "State", cell: (one) => <StatusBadge look={looks[one.status]} />, tight: true },
  { header: "List", cell: (one) => <List one={one} /> },
  { header: "Rows", cell: (one) => <Rows one={one} /> },
  { header: "When", cell: (one) => <Moment at={one.committedAt ?? one.createdAt} /> },
  { header: "What next", cell: (one) => <Next one={one} />, tight: true },
];

function List({ one }: { one: RecentImport }) {
  if (one.status !== "committed") return one.listName;
  if (!one.contactListId) return "None";
  return <TextLink to={`/contacts/${one.contactListId}`}>{one.listName}</TextLink>;
}

function Rows({ one: { status, counts, rows } }: { one: RecentImport }) {
  if (status !== "committed" && status !== "staged") return rows > 0 ? formatNumber(rows) : null;
  return (
    <Text size="sm">
      {count(rows, "row")}: {formatNumber(counts.valid)} new, {formatNumber(counts.updated)} updated,{" "}
      {formatNumber(leftOut(counts))} left out
    </Text>
  );
}

function Next({ one }: { one: RecentImport }) {
  if (undecided(one))
    return (
      <LinkButton to={`?import=${one.id}`} size="xs" variant="light">
        Go on
      </LinkButton>
    );
  if (one.status !== "committed") return null;
  return (
    <LinkButton to={`?import=${one.id}`} size="xs" variant="default">
      See or undo
    </LinkButton>
  );
}

/** What was uploaded before: what waits for a decision, and the way to what was imported. */
export function RecentImports({ recent }: { recent: RecentImport[] }) {
  if (recent.length === 0) return null;
  const waiting = recent.filter(undecided).length;
  return (
    <Stack gap="sm" component="section" aria-label="Recent imports">
      <Group gap="sm" align="baseline">
        <Title order={2}>Recent imports</Title>
        {waiting > 0 && (
          <Text size="sm" c="dimmed">
            {count(waiting, "file waits", "files wait")} for your decision.
          </Text>
        )}
      </Group>
      <DataTable caption="Recent imports" columns={columns} rows={recent} rowKey={(one) => one.id} />
    </Stack>
  );
}
