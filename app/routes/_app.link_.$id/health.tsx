import { Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { useLoaderData } from "@remix-run/react";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Figure } from "../../components/figure.tsx";
import { Moment } from "../../components/moment.tsx";
import { sessionLooks } from "../../components/status-badge.tsx";
import { formatNumber, formatWait } from "../../lib/format.ts";
import { tellCommand } from "../_app.link/asked.tsx";
import { TodaysUse } from "../_app.link/todays-use.tsx";
import type { loader } from "./route.tsx";

type Session = ReturnType<typeof useLoaderData<typeof loader>>["session"];
type Disconnect = Session["disconnects"][number];

/** Of connections that ended before it was kept, their end stands for both. */
function away({ at, backAt }: Disconnect): string {
  if (backAt === null) return "Not back";
  const ms = backAt.getTime() - at.getTime();
  return ms > 0 ? formatWait(ms) : "Not known";
}

const columns: readonly Column<Disconnect>[] = [
  { header: "When", cell: (row) => <Moment at={row.at} seconds />, tight: true },
  { header: "Away for", cell: away, tight: true },
  { header: "What it means", cell: (row) => row.meaning, wide: true },
  { header: "Code", cell: (row) => row.code ?? "none", figures: true },
];

/** Everything that is known of a phone's link: how it stands, what limits it, and when it was interrupted. */
export function Health({ session }: { session: Session }) {
  const { status, statusAt, lastSeenAt, linkedAt, restrictedUntil, command } = session;
  return (
    <Stack gap="lg" component="section" aria-labelledby="health">
      <Title order={2} id="health">
        Account health
      </Title>
      <Paper p={{ base: "md", sm: "lg" }}>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} component="dl" m={0} spacing="xl">
          <Figure label="State" words note={<>Since {<Moment at={statusAt} />}</>}>
            {sessionLooks[status].word}
          </Figure>
          <Figure label="Connection" words note={<OwnerNote session={session} />}>
            {session.owner === null ? "No worker is connected" : "Held by a worker"}
          </Figure>
          <Figure label="Last seen at WhatsApp" words note={linkedAt && <>Linked on {<Moment at={linkedAt} />}</>}>
            {isOnline(session) ? "Now" : lastSeenAt ? <Moment at={lastSeenAt} /> : "Never yet"}
          </Figure>
          <Figure label="Restriction" words note={restrictionNotes[status === "restricted" ? "yes" : "no"]}>
            {status !== "restricted" ? (
              "None known"
            ) : restrictedUntil ? (
              <Moment at={restrictedUntil} />
            ) : (
              "No end known"
            )}
          </Figure>
          <NewChats told={session.newChats} />
          <Figure label="Last request" words note={command && <Moment at={command.at} />}>
            {command ? tellCommand(command) : "None in the last 24 hours"}
          </Figure>
        </SimpleGrid>
      </Paper>
      {session.phone && (
        <Paper p={{ base: "md", sm: "lg" }}>
          <TodaysUse session={session} />
        </Paper>
      )}
      <Stack gap="sm">
        <Title order={3} fz="md">
          Recent disconnects
        </Title>
        {session.disconnects.length > 0 ? (
          <DataTable
            caption="Recent disconnects"
            columns={columns}
            rows={session.disconnects}
            rowKey={({ at }) => at.getTime()}
          />
        ) : (
          <Paper>
            <Text c="dimmed">The connection was never interrupted. If it is, the time and the meaning stand here.</Text>
          </Paper>
        )}
      </Stack>
    </Stack>
  );
}

const restrictionNotes = {
  yes: "Every campaign of this phone is paused. You resume them.",
  no: "WhatsApp is asked at each login, and after a refused message.",
};

/** A worker holds it, and its last word was that it is logged in. */
const isOnline = ({ status, owner, restrictedUntil }: Session): boolean =>
  owner !== null && (status === "linked" || (status === "restricted" && restrictedUntil !== null));

/** Who keeps the connection, in words; the worker's id is what its log lines carry. */
function OwnerNote({ session }: { session: Session }) {
  const { owner, lastSeenAt, status } = session;
  if (owner === null) {
    return status === "reconnecting"
      ? "The next worker that is free takes it."
      : "None is needed while the phone is not linked.";
  }
  return (
    <>
      {isOnline(session) && lastSeenAt && (
        <>
          Logged in since <Moment at={lastSeenAt} />.{" "}
        </>
      )}
      Its name in the log: {owner}
    </>
  );
}

/** WhatsApp's own words for how near the account is to its limit of new chats. */
const quotaWords: Record<string, string> = {
  NONE: "no warning",
  FIRST_WARNING: "WhatsApp has warned once",
  SECOND_WARNING: "WhatsApp has warned twice",
  CAPPED: "used up",
};

/** How many people WhatsApp still lets the account write to who never wrote to it. */
function NewChats({ told }: { told: Session["newChats"] }) {
  if (told === null || told.total === null) {
    return (
      <Figure
        label="New chats WhatsApp allows"
        words
        note={told && told.state !== "NONE" ? stateOf(told.state) : undefined}
      >
        WhatsApp has not told
      </Figure>
    );
  }
  const ends = told.cycleEnds === null ? null : new Date(told.cycleEnds);
  const note = (
    <>
      {stateOf(told.state)}
      {ends && (
        <>
          ; counted anew on <Moment at={ends} />
        </>
      )}
    </>
  );
  return (
    <Figure label="New chats WhatsApp allows" words note={note}>
      {formatNumber(told.used ?? 0)} of {formatNumber(told.total)} used
    </Figure>
  );
}

const stateOf = (state: string): string => quotaWords[state] ?? state.toLowerCase().replaceAll("_", " ");
