import { Alert, Button, Group, Menu, NativeSelect, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import {
  DotsHorizontalIcon,
  DownloadIcon,
  EyeNoneIcon,
  Pencil1Icon,
  PersonIcon,
  TrashIcon,
  UploadIcon,
} from "@radix-ui/react-icons";
import { useState } from "react";
import { Figure } from "../../components/figure.tsx";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Toggle } from "../../components/toggle.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useAccount } from "../../lib/use-account.ts";
import { DeleteList, RenameList } from "./list-dialogs.tsx";
import type { ListFigures } from "./load.ts";

/** What can be done with a list as a whole. */
export function ListActions({ list, answer }: { list: ListFigures; answer: Answer | undefined }) {
  const [opened, setOpened] = useState<"rename" | "delete" | null>(null);
  const close = () => setOpened(null);
  return (
    <>
      <LinkButton to={`/campaigns/new?list=${list.id}`}>Write a campaign</LinkButton>
      <LinkButton to={`/contacts/upload?list=${list.id}`} variant="default" leftSection={<UploadIcon aria-hidden />}>
        Import
      </LinkButton>
      <LinkButton to={`/contacts/add?list=${list.id}`} variant="default" leftSection={<PersonIcon aria-hidden />}>
        Add one
      </LinkButton>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="default" px="xs" aria-label={`More for ${list.name}`}>
            <DotsHorizontalIcon aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component="a"
            href={`/contacts/lists/${list.id}/export.csv`}
            leftSection={<DownloadIcon aria-hidden />}
          >
            Export as CSV
          </Menu.Item>
          <Menu.Item leftSection={<Pencil1Icon aria-hidden />} onClick={() => setOpened("rename")}>
            Rename
          </Menu.Item>
          <Menu.Item color="red" leftSection={<TrashIcon aria-hidden />} onClick={() => setOpened("delete")}>
            Delete the list
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RenameList key={`rename-${list.id}`} list={list} answer={answer} opened={opened === "rename"} onClose={close} />
      <DeleteList key={`delete-${list.id}`} list={list} answer={answer} opened={opened === "delete"} onClose={close} />
    </>
  );
}

/** How many people are on a list, and how many of them a campaign reaches. */
export function ListHead({ list }: { list: ListFigures }) {
  const leads = (state: string) => `?list=${list.id}&state=${state}`;
  const figures = [
    { label: "People", value: list.total, to: `?list=${list.id}` },
    { label: "Can be messaged", value: list.sendable, to: leads("sendable") },
    ...(list.doubleOptIn ? [{ label: "Wait for YES", value: list.unconfirmed, to: leads("unconfirmed") }] : []),
    ...(list.notOnWhatsapp > 0
      ? [{ label: "Not on WhatsApp", value: list.notOnWhatsapp, to: leads("not_on_whatsapp") }]
      : []),
    { label: "Without consent", value: list.noConsent, to: leads("no_consent") },
    { label: "Opted out", value: list.optedOut, to: leads("opted_out") },
  ];
  return (
    <Paper p="md">
      <Stack gap="md">
        <SimpleGrid cols={{ base: 2, xs: 3, md: figures.length }} spacing="sm" component="dl" m={0}>
          {figures.map(({ label, value, to }) => (
            <Figure key={label} label={label}>
              {value > 0 ? (
                <TextLink to={to} preventScrollReset underline="hover" c="inherit" fw="inherit" lh="inherit">
                  {formatNumber(value)}
                </TextLink>
              ) : (
                formatNumber(value)
              )}
            </Figure>
          ))}
        </SimpleGrid>
        {list.source === "group" && list.hiddenMembers > 0 && (
          <Alert color="gray" p="sm" icon={<EyeNoneIcon aria-hidden />}>
            {count(list.hiddenMembers, "member")} of this group {list.hiddenMembers === 1 ? "is" : "are"} not on the
            list: WhatsApp hides their number, and it stays hidden. A message to the group's own chat reaches them too.
          </Alert>
        )}
        <DoubleOptIn list={list} />
      </Stack>
    </Paper>
  );
}

/** Whether only those who confirmed with YES get this list's campaigns, and the way to ask the others. */
function DoubleOptIn({ list }: { list: ListFigures }) {
  return (
    <Stack gap="sm">
      <Toggle
        intent="doubleOptIn"
        fields={{ id: list.id }}
        on={list.doubleOptIn}
        label="Double opt-in: only who answered YES gets campaigns"
      >
        People who agreed are asked once, by a message of yours, whether they want to hear from you. Until they answer
        YES they are left out.
      </Toggle>
      {list.doubleOptIn && list.unconfirmed > 0 && <Ask list={list} />}
    </Stack>
  );
}

const nameOf = (phone: string, pushName: string | null) => (pushName ? `${phone} (${pushName})` : phone);

/** A phone that is just being connected again can ask too: the draft waits for it. */
const mayAsk = ["linked", "reconnecting"];

/** Makes the draft that asks for the YES. Whoever has several phones says which of them asks. */
function Ask({ list }: { list: ListFigures }) {
  const account = useAccount();
  const phones = account?.user ? account.sessions.filter(({ status }) => mayAsk.includes(status)) : [];
  return (
    <ButtonForm intent="askToConfirm" fields={{ listId: list.id }}>
      <Group gap="sm" align="flex-end">
        {phones.length > 1 && (
          <NativeSelect
            name="waSessionId"
            label="The phone that asks"
            data={phones.map(({ id, phone, pushName }) => ({ value: id, label: nameOf(phone ?? id, pushName) }))}
          />
        )}
        <SubmitButton intent="askToConfirm" variant="light">
          Ask {count(list.unconfirmed, "person", "people")} to confirm
        </SubmitButton>
        <Text size="xs" c="dimmed" style={{ flex: "1 1 14rem" }}>
          Makes a draft: you see its words, and whom it goes to, before anything is sent. Whoever was asked before is
          left out.
        </Text>
      </Group>
    </ButtonForm>
  );
}
