import { Text } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { LARGEST_GROUP } from "#server/groups/rules.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { ButtonForm, SubmitButton, usePending } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { type GroupsView, groupsOf } from "./load.ts";

type Row = GroupsView["told"]["groups"][number];

const SHOWN = 100;
const tooLarge = { word: `More than ${LARGEST_GROUP} members`, color: "gray", icon: ExclamationTriangleIcon } as const;

const columnsFor = (sessionId: string): Column<Row>[] => [
  { header: "Group", cell: ({ subject }) => subject || "Group without a name", wide: true },
  { header: "Members", cell: ({ size }) => formatNumber(size), figures: true },
  {
    header: "Hidden numbers",
    cell: ({ hidden }) => (hidden === null ? "Not told" : formatNumber(hidden)),
    figures: true,
  },
  {
    header: "List",
    cell: ({ imported }) => imported && <TextLink to={`/contacts?list=${imported}`}>Imported before</TextLink>,
    tight: true,
  },
  {
    header: "Next",
    cell: (group) => (group.tooLarge ? <StatusBadge look={tooLarge} /> : <Open sessionId={sessionId} group={group} />),
    tight: true,
  },
];

function Open({ sessionId, group }: { sessionId: string; group: Row }) {
  const pending = usePending("open");
  return (
    <ButtonForm intent="open" fields={{ sessionId, groupKey: group.key }} action={groupsOf(sessionId)}>
      <SubmitButton
        intent="open"
        loading={false}
        disabled={pending}
        size="xs"
        variant="default"
        aria-label={`See the members of ${group.subject}`}
      >
        See the members
      </SubmitButton>
    </ButtonForm>
  );
}

/** The groups a phone is in, as far as the search leaves them. */
export function GroupTable({ loaded: { session, told, search } }: { loaded: GroupsView }) {
  const more = told.groups.length - SHOWN;
  const none =
    told.total === 0 ? (
      "This phone is in no group."
    ) : (
      <>
        None of its {count(told.total, "group")} is called “{search}”.{" "}
        <TextLink to={groupsOf(session.id)}>Show all</TextLink>
      </>
    );
  return (
    <>
      <DataTable
        caption={`Groups of ${session.phone}`}
        columns={columnsFor(session.id)}
        rows={told.groups.slice(0, SHOWN)}
        rowKey={({ key }) => key}
        empty={none}
      />
      {more > 0 && <Text size="sm">{count(more, "more group")}: search by name to see them.</Text>}
    </>
  );
}
