import { getFormProps } from "@conform-to/react";
import { Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon, PlusIcon } from "@radix-ui/react-icons";
import { Form, Link, useNavigate, useSearchParams } from "@remix-run/react";
import { accountInput } from "#server/dev-phone/schema.ts";
import { TextField } from "../../components/field.tsx";
import { FilterSelect } from "../../components/filter-fields.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { count } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { AccountData, PhoneData, tabs } from "./load.ts";

type Props = { data: PhoneData; answer: Answer | undefined };

/** Somebody by name and number, as far as there is a name. */
export const nameOf = ({ phone, name }: { phone: string; name: string | null }) =>
  name ? `${name} (${phone})` : phone;

/** Mantine's fainter second line of a chosen entry is below 4.5:1 under the mouse. */
export const readable = { description: { color: "var(--mantine-color-text)", opacity: 1 } };

/** Which phone is looked at, its state in a few words, and the way to others. */
export function PhoneBar({ data, account, answer }: Props & { account: AccountData }) {
  const [search] = useSearchParams();
  const connected = account.devices.filter((device) => device.connected).length;
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm" wrap="nowrap">
        <ChoosePhone data={data} chosen={account.phone} />
        <LinkButton
          to={withSearch(search, { new: search.has("new") ? null : "1" })}
          variant="default"
          px={{ base: "xs", sm: "md" }}
          aria-label="New phone"
          aria-expanded={search.has("new")}
        >
          <PlusIcon aria-hidden />
          <Text span inherit visibleFrom="sm" ml="xs">
            New phone
          </Text>
        </LinkButton>
      </Group>
      <Group gap="xs">
        <Badge variant="light" color={account.own ? "teal" : "gray"} tt="none" radius="sm">
          {account.own ? "Linked by you" : "Not linked by you"}
        </Badge>
        <Badge variant="light" color={connected > 0 ? "green" : "gray"} tt="none" radius="sm">
          {count(account.devices.length, "device")}, {connected} connected
        </Badge>
        {account.troubles.length > 0 && (
          <Badge
            variant="light"
            color="yellow"
            tt="none"
            radius="sm"
            leftSection={<ExclamationTriangleIcon width={13} height={13} aria-hidden />}
          >
            {count(account.troubles.length, "fault")} in force
          </Badge>
        )}
      </Group>
      {search.has("new") && <NewPhone data={data} answer={answer} />}
    </Stack>
  );
}

function ChoosePhone({ data, chosen }: { data: PhoneData; chosen: string }) {
  const navigate = useNavigate();
  const groups = [
    { group: "Linked by you", own: true },
    { group: "Others", own: false },
  ].map(({ group, own }) => ({
    group,
    items: data.phones
      .filter((phone) => phone.own === own)
      .map((phone) => ({ value: phone.phone, label: nameOf(phone) })),
  }));
  const to = (phone: string) => `?${new URLSearchParams({ phone, tab: data.tab })}`;
  return (
    <Form method="get" style={{ flex: "1 1 10rem", maxWidth: 420 }}>
      <input type="hidden" name="tab" value={data.tab} />
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <FilterSelect
          name="phone"
          label="Phone"
          value={chosen}
          onChoose={(value) => navigate(to(value), { preventScrollReset: true })}
          data={groups.filter(({ items }) => items.length > 0)}
          flex={1}
        />
        <noscript>
          <Button type="submit" variant="default">
            Show
          </Button>
        </noscript>
      </Group>
    </Form>
  );
}

/** Makes an account: a number with a phone that can link devices. */
export function NewPhone({ data, answer }: Props) {
  const [search] = useSearchParams();
  const [open, fields] = useZodForm({
    schema: accountInput,
    intent: "open",
    answer,
    defaultValue: { phone: search.get("phone") ?? (data.phones.length === 0 ? data.suggested : ""), name: "" },
  });
  const missing = search.get("phone");
  return (
    <Paper maw={720}>
      <Form method="post" {...getFormProps(open)}>
        <Intent name="open" />
        <Stack>
          <Stack gap={4}>
            <Title order={2}>{missing && !search.has("new") ? `There is no phone ${missing}` : "Make a phone"}</Title>
            <Text c="dimmed">
              A number with WhatsApp on it. Then link it: scan the code of the Link page with it. Nobody's real number
              is involved.
            </Text>
          </Stack>
          <FormError errors={open.errors} />
          <Group align="flex-start">
            <TextField
              meta={fields.phone}
              type="tel"
              label="Number"
              placeholder="+6281200000001"
              style={{ flex: "1 1 12rem" }}
            />
            <TextField meta={fields.name} label="Name (optional)" style={{ flex: "1 1 12rem" }} />
          </Group>
          <Group>
            <SubmitButton intent="open">Make the phone</SubmitButton>
            {data.account && (
              <LinkButton to={withSearch(search, { new: null })} variant="default">
                Cancel
              </LinkButton>
            )}
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}

const words: Record<(typeof tabs)[number], string> = {
  chats: "Chats",
  devices: "Devices",
  people: "People",
  groups: "Groups",
  faults: "Faults",
};

/** The parts of the page. Which one is open is in the address, and so are the phone and the chat. */
export function Tabs({ chosen, account }: { chosen: (typeof tabs)[number]; account: AccountData }) {
  const [search] = useSearchParams();
  return (
    <Group component="nav" aria-label="Parts of the phone" gap={4}>
      {Object.entries(words).map(([tab, word]) => (
        <Button
          key={tab}
          component={Link}
          to={withSearch(search, { phone: account.phone, tab, new: null, reply: null, session: null })}
          preventScrollReset
          px={{ base: 7, sm: "md" }}
          fz={{ base: "xs", sm: "sm" }}
          variant={tab === chosen ? "filled" : "default"}
          aria-current={tab === chosen ? "page" : undefined}
        >
          {word}
        </Button>
      ))}
    </Group>
  );
}
