import { Alert, Button, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { CheckCircledIcon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { useNavigation } from "@remix-run/react";
import { type ActName, actNames, acts } from "#server/dev-phone/rules.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { ButtonForm, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { Moment } from "../../components/moment.tsx";
import { formatWait } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import type { AccountData, FaultsData } from "./load.ts";
import { nameOf } from "./phone-bar.tsx";

const parts = [
  { of: "connection", title: "The connection" },
  { of: "messages", title: "Messages" },
  { of: "account", title: "The account" },
] as const;

/** What WhatsApp can be made to do to the phone, what is in force, the clock, and the journal of what struck. */
export function Faults({
  account,
  faults,
  answer,
}: {
  account: AccountData;
  faults: FaultsData;
  answer: Answer | undefined;
}) {
  return (
    <Stack gap="lg">
      <Refused answer={answer} intents={["strike", "clear", "travel"]} />
      <InForce account={account} />
      <SimpleGrid cols={{ base: 1, md: 3 }}>
        {parts.map(({ of, title }) => (
          <Paper key={of}>
            <Stack>
              <Title order={2}>{title}</Title>
              {actNames
                .filter((name) => acts[name].of === of)
                .map((name) => (
                  <Strike key={name} name={name} account={account} />
                ))}
            </Stack>
          </Paper>
        ))}
      </SimpleGrid>
      <Clock world={faults.world} />
      <JournalTable journal={faults.journal} />
    </Stack>
  );
}

function InForce({ account }: { account: AccountData }) {
  const calm = account.troubles.length === 0;
  return (
    <Alert
      role="status"
      color={calm ? "green" : "yellow"}
      icon={calm ? <CheckCircledIcon aria-hidden /> : <ExclamationTriangleIcon aria-hidden />}
      title={calm ? `No fault is in force for ${nameOf(account)}` : `In force for ${nameOf(account)}`}
    >
      {!calm && (
        <Stack gap="sm" align="flex-start">
          <ul style={{ margin: 0, paddingInlineStart: "1.2rem" }}>
            {account.troubles.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          <ButtonForm intent="clear" fields={{ phone: account.phone }}>
            <SubmitButton intent="clear" size="xs">
              Clear all
            </SubmitButton>
          </ButtonForm>
        </Stack>
      )}
    </Alert>
  );
}

function Strike({ name, account }: { name: ActName; account: AccountData }) {
  const { formData } = useNavigation();
  const act = acts[name];
  const fields = { phone: account.phone, fault: name };
  return (
    <Stack gap={4} align="flex-start">
      {"final" in act ? (
        <ConfirmButton
          intent="strike"
          fields={fields}
          label={act.label}
          title={`${act.label}: ${nameOf(account)}?`}
          confirm="Do it"
          size="xs"
        >
          {act.explains}
        </ConfirmButton>
      ) : (
        <ButtonForm intent="strike" fields={fields}>
          <Button type="submit" variant="default" size="xs" loading={formData?.get("fault") === name}>
            {act.label}
          </Button>
        </ButtonForm>
      )}
      <Text size="sm" c="dimmed">
        {act.explains}
      </Text>
    </Stack>
  );
}

function Clock({ world }: { world: FaultsData["world"] }) {
  return (
    <Paper>
      <Group justify="space-between">
        <Stack gap={2} flex="1 1 18rem">
          <Title order={2}>The clock of the local WhatsApp</Title>
          <Text>
            It says <Moment at={world.now} />
            {world.aheadMs > 0 ? `, ${formatWait(world.aheadMs)} ahead of the real time.` : ", as the real one."}
          </Text>
          <Text size="sm" c="dimmed">
            A day later the 24-hour window of the official API is closed, and locks are over. It is the clock of every
            phone, and it cannot be set back.
          </Text>
        </Stack>
        <ButtonForm intent="travel">
          <SubmitButton intent="travel" variant="default">
            Travel 24 hours ahead
          </SubmitButton>
        </ButtonForm>
      </Group>
    </Paper>
  );
}

const columns: Column<FaultsData["journal"][number]>[] = [
  { header: "When", cell: (entry) => <Moment at={entry.at} seconds />, tight: true },
  { header: "What", cell: (entry) => entry.what, tight: true },
  {
    header: "Whom",
    cell: (entry) =>
      entry.account ? `${entry.account}${entry.device ? `, device ${entry.device}` : ""}` : "everybody",
    tight: true,
  },
  {
    header: "In full",
    cell: (entry) => (
      <Text size="sm" lineClamp={3} title={entry.text} style={{ overflowWrap: "anywhere" }}>
        {entry.text}
      </Text>
    ),
    wide: true,
  },
];

function JournalTable({ journal }: { journal: FaultsData["journal"] }) {
  const rows = journal.map((entry, index) => ({ ...entry, key: `${entry.at.getTime()} ${journal.length - index}` }));
  return (
    <Stack gap="sm">
      <Title order={2}>The journal</Title>
      <Text c="dimmed">
        What clients asked that the simulator does not know, and what struck them; the last 50 entries.
      </Text>
      <DataTable
        caption="The journal"
        columns={columns}
        rows={rows}
        rowKey={(entry) => entry.key}
        empty="Nothing out of the ordinary happened yet."
      />
    </Stack>
  );
}
