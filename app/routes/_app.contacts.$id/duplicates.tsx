import { Alert, Group, List, Modal, Radio, Stack, Table, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { CopyIcon } from "@radix-ui/react-icons";
import { Form, useNavigate, useSearchParams } from "@remix-run/react";
import { type ReactNode, useState } from "react";
import { reachLooks, reachOf } from "../../components/contact-looks.tsx";
import { Intent, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import type { Contact } from "./load.ts";

const whys = {
  same_name: "They have the same name and are on the same list.",
} as const;

/** Others who may be the same person, each to be compared. */
export function Duplicates({ contact }: { contact: Contact }) {
  const [search] = useSearchParams();
  if (contact.duplicates.length === 0) return null;
  return (
    <Alert color="blue" icon={<CopyIcon aria-hidden />} title="Perhaps twice among your contacts">
      <Stack gap="xs">
        {contact.duplicates.map(({ id, name, phoneE164, why }) => (
          <Group key={id} justify="space-between" gap="xs">
            <Text size="sm">
              <b>{name}</b>, {phoneE164}. {whys[why]}
            </Text>
            <LinkButton to={withSearch(search, { merge: id })} size="xs" variant="default" preventScrollReset>
              Compare with {phoneE164}
            </LinkButton>
          </Group>
        ))}
      </Stack>
    </Alert>
  );
}

/** Both contacts side by side, and what will be left when they are one. */
export function MergeDialog({
  contact,
  twin,
  answer,
}: {
  contact: Contact;
  twin: Contact;
  answer: Answer | undefined;
}) {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const [keepId, setKeepId] = useState<string>(contact.id);
  const [keep, other] = keepId === contact.id ? [contact, twin] : [twin, contact];
  const phone = useMediaQuery("(max-width: 48em)") ?? false;
  const closed = withSearch(search, { merge: null });
  return (
    <Modal
      opened
      size="lg"
      fullScreen={phone}
      onClose={() => navigate(closed, { preventScrollReset: true })}
      title={<Text fw={650}>Make one of these two?</Text>}
    >
      <Form method="post">
        <Intent name="merge" />
        <input type="hidden" name="otherId" value={other.id} />
        <Stack>
          <Refused answer={answer} intents={["merge"]} />
          <Radio.Group name="keepId" value={keepId} onChange={setKeepId} label="Which one stays?">
            <Stack gap="xs" mt="xs">
              {[contact, twin].map(({ id, name, phoneE164 }) => (
                <Radio key={id} value={id} label={`${name}, ${phoneE164}`} />
              ))}
            </Stack>
          </Radio.Group>
          <Table verticalSpacing="xs" horizontalSpacing="xs" layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w="5.75rem">Number</Table.Th>
                {[contact, twin].map(({ id, phoneE164 }) => (
                  <Table.Th key={id} style={{ overflowWrap: "anywhere" }}>
                    {phoneE164}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              <Line title="Name" of={[contact, twin]} say={({ name }) => name} />
              <Line title="State" of={[contact, twin]} say={(one) => reachLooks[reachOf(one)].word} />
              <Line
                title="Lists"
                of={[contact, twin]}
                say={({ lists }) => lists.map(({ name }) => name).join(", ") || "None"}
              />
              <Line title="Tags" of={[contact, twin]} say={({ tags }) => tags.join(", ") || "None"} />
              <Line title="Attributes" of={[contact, twin]} say={({ attributes }) => <Attributes of={attributes} />} />
            </Table.Tbody>
          </Table>
          <List size="sm" spacing={4} aria-label="What will be kept">
            <List.Item>
              <b>
                {keep.name}, {keep.phoneE164}
              </b>{" "}
              stays. {other.phoneE164} is no contact any more.
            </List.Item>
            <List.Item>Lists, tags, evidence and what was written to and fro come together.</List.Item>
            <List.Item>Attributes stay as they are there; those of {other.phoneE164} fill its blanks.</List.Item>
            <List.Item>
              {keep.optedOut || other.optedOut
                ? "One of them opted out: that holds for both numbers."
                : "They count as agreed only if neither withdrew."}
            </List.Item>
          </List>
          <Text size="sm">This cannot be undone.</Text>
          <Group justify="flex-end">
            <LinkButton to={closed} variant="default" preventScrollReset>
              Leave both
            </LinkButton>
            <SubmitButton intent="merge">Keep {keep.phoneE164}</SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Modal>
  );
}

function Line({ title, of, say }: { title: string; of: Contact[]; say: (contact: Contact) => ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{title}</Table.Th>
      {of.map((contact) => (
        <Table.Td key={contact.id} style={{ overflowWrap: "anywhere" }}>
          {say(contact)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

function Attributes({ of }: { of: Record<string, string> }) {
  const all = Object.entries(of);
  if (all.length === 0) return "None";
  return all.map(([name, value]) => (
    <div key={name}>
      {name}: {value || "blank"}
    </div>
  ));
}
