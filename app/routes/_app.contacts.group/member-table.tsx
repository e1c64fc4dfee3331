import { Title } from "@mantine/core";
import { CircleBackslashIcon, ExclamationTriangleIcon, EyeNoneIcon, PersonIcon, PlusIcon } from "@radix-ui/react-icons";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";
import { count } from "../../lib/format.ts";
import type { GroupView } from "./load.ts";

type Group = GroupView["group"];
type Member = Group["members"][number];

const looks = {
  fresh: { word: "New, without consent", color: "teal", icon: PlusIcon },
  known: { word: "Already a contact", color: "blue", icon: PersonIcon },
  optedOut: { word: "Opted out, left out", color: "red", icon: CircleBackslashIcon },
  problem: { word: "Cannot be imported", color: "yellow", icon: ExclamationTriangleIcon },
  hidden: { word: "In the group's chat only", color: "gray", icon: EyeNoneIcon },
} as const satisfies Record<string, Look>;

function outcomeOf({ optedOut, problem, known }: Member): Look {
  if (optedOut) return looks.optedOut;
  if (problem !== null) return looks.problem;
  return known ? looks.known : looks.fresh;
}

interface Row {
  key: string;
  number: string;
  name: string;
  role: string;
  look: Look;
  contact: string | null;
}

function rowsOf({ members, hidden, erased }: Group): Row[] {
  const rows: Row[] = members.map((member) => ({
    key: member.phoneE164,
    number: member.phoneE164,
    name: member.name ?? "",
    role: member.admin ? "Admin" : "",
    look: outcomeOf(member),
    contact: member.known,
  }));
  const more = (key: string, number: string, n: number, look: Look) =>
    n > 0 ? [{ key, number, name: count(n, "member"), role: "", look, contact: null }] : [];
  return [
    ...rows,
    ...more("erased", "Erased", erased, looks.optedOut),
    ...more("hidden", "Hidden", hidden, looks.hidden),
  ];
}

const columns: Column<Row>[] = [
  { header: "Number", cell: ({ number }) => number, tight: true },
  { header: "Name in the group", cell: ({ name }) => name, wide: true },
  { header: "Role", cell: ({ role }) => role },
  { header: "What becomes of it", cell: ({ look }) => <StatusBadge look={look} /> },
  { header: "Contact", cell: ({ contact }) => contact && <TextLink to={`/contacts/${contact}`}>See</TextLink> },
];

/** Everybody in the group but this phone; those who hide their number are one row. */
export function MemberTable({ group }: { group: Group }) {
  return (
    <>
      <Title order={2}>Members</Title>
      <DataTable
        caption={`Members of ${group.subject ?? "the group"}`}
        columns={columns}
        rows={rowsOf(group)}
        rowKey={({ key }) => key}
        empty="Nobody but this phone is in the group."
      />
    </>
  );
}
