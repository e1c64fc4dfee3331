import { getFormProps } from "@conform-to/react";
import { Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { CheckCircledIcon, LinkBreak2Icon } from "@radix-ui/react-icons";
import { Form, useSearchParams } from "@remix-run/react";
import { linkCodeInput, scanInput } from "#server/dev-phone/schema.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { Toggle } from "../../components/toggle.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { AccountData, PhoneData } from "./load.ts";
import { nameOf } from "./phone-bar.tsx";

type Device = AccountData["devices"][number];
type Props = { data: PhoneData; answer: Answer | undefined };

const connected = { word: "Connected", color: "green", icon: CheckCircledIcon } as const;
const away = { word: "Not connected", color: "gray", icon: LinkBreak2Icon } as const;

/** "Linked devices", as WhatsApp's own settings have it, and the ways to link one more. */
export function Devices({ data, account, answer }: Props & { account: AccountData }) {
  const columns: Column<Device>[] = [
    { header: "Device", cell: (device) => `${device.platform}, device ${device.id}`, wide: true },
    { header: "State", cell: (device) => <StatusBadge look={device.connected ? connected : away} />, tight: true },
    { header: "Linked", cell: (device) => <Moment at={device.linkedAt} />, tight: true },
    {
      header: "Unlink",
      cell: (device) => (
        <ConfirmButton
          intent="unlink"
          fields={{ phone: account.phone, deviceId: String(device.id) }}
          label="Unlink"
          title={`Unlink ${device.platform}, device ${device.id}?`}
          confirm="Unlink it"
          size="xs"
        >
          It is logged out of {nameOf(account)} at once, as if it had been removed on the phone.
        </ConfirmButton>
      ),
      tight: true,
    },
  ];
  const link = (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <ScanForm key={`${data.suggested} ${data.waiting.length > 0}`} data={data} account={account} answer={answer} />
      <CodeForm key={data.code} code={data.code} account={account} answer={answer} />
    </SimpleGrid>
  );
  return (
    <Stack gap="lg">
      <Refused answer={answer} intents={["unlink", "passkey"]} />
      {data.waiting.length > 0 && link}
      <Stack gap="sm">
        <Title order={2}>Linked devices</Title>
        <DataTable
          caption="Linked devices"
          columns={columns}
          rows={account.devices}
          rowKey={(device) => device.id}
          empty="No device is linked to this phone."
        />
      </Stack>
      {data.waiting.length === 0 && link}
      <Paper>
        <Toggle
          intent="passkey"
          fields={{ phone: account.phone }}
          on={account.passkey}
          label="This account asks for a passkey"
        >
          WhatsApp guards some accounts with a passkey, which only its own apps can show. Such an account cannot be
          linked to MassSender: with this on, you see how linking is refused.
        </Toggle>
      </Paper>
    </Stack>
  );
}

/** The phone's camera: it scans the code that this account shows at the moment. A number without a phone gets one. */
export function ScanForm({ data, account, answer }: Props & { account?: AccountData }) {
  const { waiting, suggested } = data;
  const [search] = useSearchParams();
  const [scan, fields] = useZodForm({
    schema: scanInput,
    intent: "scan",
    answer,
    defaultValue: {
      phone: suggested,
      name: (suggested === account?.phone && account.name) || "My phone",
      sessionId: search.get("session") ?? undefined,
    },
  });
  const ready = waiting.filter((session) => session.ready);
  return (
    <Paper>
      <Stack>
        <Title order={2}>Scan the code</Title>
        {waiting.length === 0 ? (
          <Text c="dimmed">
            No code waits to be scanned. <TextLink to="/link">Link a phone</TextLink> shows one.
          </Text>
        ) : (
          <Form method="post" {...getFormProps(scan)}>
            <Intent name="scan" />
            <Stack>
              <FormError errors={scan.errors} />
              <Group align="flex-start">
                <TextField meta={fields.phone} type="tel" label="Number of the phone" style={{ flex: "1 1 10rem" }} />
                <TextField meta={fields.name} label="Name on the phone" style={{ flex: "1 1 10rem" }} />
                {ready.length > 1 && (
                  <SelectField
                    meta={fields.sessionId}
                    label="Code"
                    data={ready.map((session, index) => ({ value: session.id, label: `Code ${index + 1}` }))}
                    style={{ flex: "1 1 8rem" }}
                  />
                )}
              </Group>
              {ready.length === 1 && <input type="hidden" name={fields.sessionId.name} value={ready[0]?.id} />}
              <Group>
                <SubmitButton intent="scan" disabled={ready.length === 0}>
                  {ready.length === 0 ? "The code is on its way" : "Scan the code"}
                </SubmitButton>
              </Group>
            </Stack>
          </Form>
        )}
      </Stack>
    </Paper>
  );
}

/** "Link with phone number instead": the code that the app shows is typed on the phone; here it is filled in already. */
function CodeForm({
  code,
  account,
  answer,
}: {
  code: string | null;
  account: AccountData;
  answer: Answer | undefined;
}) {
  const [link, fields] = useZodForm({
    schema: linkCodeInput,
    intent: "link_code",
    answer,
    defaultValue: { phone: account.phone, code: code ?? "" },
  });
  return (
    <Paper>
      <Form method="post" {...getFormProps(link)}>
        <Intent name="link_code" />
        <input type="hidden" name={fields.phone.name} value={account.phone} />
        <Stack>
          <Title order={2}>Or type a pairing code</Title>
          <FormError errors={link.errors} />
          <TextField
            meta={fields.code}
            label="Code with 8 characters"
            description={`A device that is being linked by number shows it. It is typed on ${nameOf(account)}.`}
            placeholder="ABCD-1234"
            autoComplete="off"
            maw={320}
          />
          <Group>
            <SubmitButton intent="link_code" variant="default">
              Link with the code
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}
