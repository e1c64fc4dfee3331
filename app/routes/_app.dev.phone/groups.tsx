import { type FieldMetadata, getFormProps } from "@conform-to/react";
import {
  Box,
  Button,
  CopyButton,
  Group,
  NavLink,
  Paper,
  ScrollArea,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { CheckIcon, CopyIcon, PlusIcon } from "@radix-ui/react-icons";
import { Form, Link, useSearchParams } from "@remix-run/react";
import { addMembersInput, groupInput } from "#server/dev-phone/schema.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { ButtonForm, FormError, Intent, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { count } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { GroupsData } from "./load.ts";
import { readable } from "./phone-bar.tsx";

type OneGroup = NonNullable<GroupsData["group"]>;
type Member = OneGroup["participants"][number];

/** The groups of the phone first, then all others; one of them with its members; or a new one. */
export function Groups({ phone, groups, answer }: { phone: string; groups: GroupsData; answer: Answer | undefined }) {
  const [search] = useSearchParams();
  const { list, group } = groups;
  return (
    <Group align="flex-start" gap="lg">
      <Box flex="1 1 16rem" maw={{ base: "100%", md: 360 }} miw={0}>
        <Stack gap="sm">
          <Group justify="space-between">
            <Title order={2}>{count(list.length, "group")}</Title>
            {group && (
              <LinkButton
                to={withSearch(search, { chat: null })}
                variant="default"
                size="sm"
                leftSection={<PlusIcon aria-hidden />}
                preventScrollReset
              >
                New group
              </LinkButton>
            )}
          </Group>
          {list.length > 0 && (
            <Paper p={0} component="nav" aria-label="Groups">
              <ScrollArea.Autosize mah="24rem">
                {list.map((each) => (
                  <NavLink
                    key={each.id}
                    component={Link}
                    styles={readable}
                    to={withSearch(search, { phone, chat: each.id, as: null, reply: null })}
                    preventScrollReset
                    active={each.id === group?.id}
                    aria-current={each.id === group?.id ? "true" : undefined}
                    label={each.subject}
                    description={`${count(each.members, "member")}${each.isMember ? "" : ", this phone is not in it"}`}
                  />
                ))}
              </ScrollArea.Autosize>
            </Paper>
          )}
        </Stack>
      </Box>
      <Box flex="2 1 20rem" maw={720} miw={0} w="100%">
        {group ? (
          <OpenGroup key={group.id} group={group} answer={answer} />
        ) : (
          <NewGroup key={phone} owner={phone} answer={answer} />
        )}
      </Box>
    </Group>
  );
}

function NewGroup({ owner, answer }: { owner: string; answer: Answer | undefined }) {
  const [make, fields] = useZodForm({ schema: groupInput, intent: "make_group", answer, defaultValue: { owner } });
  return (
    <Paper>
      <Form method="post" {...getFormProps(make)}>
        <Intent name="make_group" />
        <input type="hidden" name={fields.owner.name} value={owner} />
        <Stack>
          <Title order={2}>Make a group</Title>
          <Text c="dimmed">{owner} owns it and is in it.</Text>
          <FormError errors={make.errors} />
          <TextField meta={fields.subject} label="Name of the group" />
          <Numbers
            meta={fields.members}
            label="Members whose number everybody sees"
            description="With + and country code, one a line."
          />
          <Numbers
            meta={fields.hiddenMembers}
            label="Members with a hidden number"
            description="The others, and linked devices, know them by a hidden identity alone."
          />
          <Group>
            <SubmitButton intent="make_group">Make the group</SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}

function OpenGroup({ group, answer }: { group: OneGroup; answer: Answer | undefined }) {
  const [search] = useSearchParams();
  const [add, fields] = useZodForm({ schema: addMembersInput, intent: "add_members", answer });
  const columns: Column<Member>[] = [
    { header: "Number", cell: (member) => member.phone, wide: true },
    { header: "Role", cell: (member) => roles[member.admin ?? "member"], tight: true },
    { header: "Number is", cell: (member) => (member.hidden ? "hidden" : "seen by all"), tight: true },
    {
      header: "Change",
      cell: (member) => (
        <Group gap={6} wrap="nowrap">
          <MemberButton group={group.id} phone={member.phone} action="leave" word="Leaves" />
          {member.phone !== group.owner && (
            <MemberButton group={group.id} phone={member.phone} action="remove" word="Remove" />
          )}
        </Group>
      ),
      tight: true,
    },
  ];
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2}>{group.subject}</Title>
        <LinkButton to={withSearch(search, { tab: "chats" })} size="sm">
          See its chat
        </LinkButton>
      </Group>
      <Refused answer={answer} intents={["member"]} />
      <Group align="flex-end" gap="xs">
        <TextInput label="Invite link" value={group.inviteLink} readOnly flex="1 1 14rem" />
        <CopyButton value={group.inviteLink}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              onClick={copy}
              leftSection={copied ? <CheckIcon aria-hidden /> : <CopyIcon aria-hidden />}
            >
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </Group>
      <DataTable
        caption={`Members of ${group.subject}`}
        columns={columns}
        rows={group.participants}
        rowKey={(member) => member.phone}
        empty="Nobody is left in this group."
      />
      <Paper>
        <Form method="post" preventScrollReset {...getFormProps(add)}>
          <Intent name="add_members" />
          <input type="hidden" name={fields.groupId.name} value={group.id} />
          <Stack gap="sm">
            <FormError errors={add.errors} />
            <Numbers meta={fields.members} label="Add members" description="With + and country code, one a line." />
            <Group>
              <SubmitButton intent="add_members" variant="default">
                Add them
              </SubmitButton>
            </Group>
          </Stack>
        </Form>
      </Paper>
    </Stack>
  );
}

/** A field for several numbers; what is typed becomes a list on the way in. */
function Numbers({ meta, ...props }: { meta: FieldMetadata<unknown>; label: string; description: string }) {
  return (
    <Textarea
      key={meta.key}
      id={meta.id}
      name={meta.name}
      defaultValue={typeof meta.initialValue === "string" ? meta.initialValue : undefined}
      error={Object.values(meta.allErrors).flat().join(" ") || undefined}
      autosize
      minRows={2}
      {...props}
    />
  );
}

const roles = { superadmin: "Owner", admin: "Admin", member: "Member" };

function MemberButton(props: { group: string; phone: string; action: "leave" | "remove"; word: string }) {
  const { group: groupId, phone, action, word } = props;
  return (
    <ButtonForm intent="member" fields={{ groupId, phone, action }}>
      <Button type="submit" variant="default" size="xs" aria-label={`${word}: ${phone}`}>
        {word}
      </Button>
    </ButtonForm>
  );
}
