import { Button, Group, NativeSelect, Paper, Radio, Stack, Switch, Text, TextInput } from "@mantine/core";
import { Form } from "@remix-run/react";
import { useEffect, useState } from "react";
import type { Audience } from "#server/campaigns/rules.ts";
import { NAME_MAX } from "#server/campaigns/schema.ts";
import { confirmationText } from "#server/templates/rules.ts";
import { Intent } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Sources } from "../../components/sources.tsx";
import { formatNumber } from "../../lib/format.ts";
import type { WizardData } from "./load.ts";
import { membersInWords } from "./reach-panel.tsx";
import type { StepProps } from "./use-draft.ts";

/** Whom it goes to, and from which phone. */
export function AudienceStep({ data, saved, formRef }: StepProps) {
  const { values, lists, tags, draft, reach } = data;
  const { saver, leaveFor } = saved;
  const [wanted, setAudience] = useState<Audience>(values.audience);
  const asking = values.purpose === "confirmation";
  const group = reach.group;
  const audience = group ? wanted : "list";
  // What is not one group any more has no chat.
  useEffect(() => {
    if (group === null && values.audience === "group_chat") saver.change();
  }, [group, values.audience, saver]);
  const listSources = lists.map(({ id, name, total }) => ({ value: id, label: name, people: total }));
  const tagSources = tags.map(({ tag, count }) => ({ value: tag, label: tag, people: count }));
  const leavesOut = values.exceptListIds.length + values.exceptTags.length > 0;
  return (
    <Form
      method="post"
      ref={formRef}
      onChange={() => saver.change()}
      onSubmit={(event) => {
        event.preventDefault();
        void leaveFor((id) => `/campaigns/new?draft=${id}&step=message`);
      }}
    >
      <Intent name="audience" />
      <input type="hidden" name="version" value={draft?.version ?? ""} />
      <input type="hidden" name="purpose" value={values.purpose} />
      <Stack>
        <Paper>
          <Stack>
            <TextInput
              name="name"
              label="Name"
              description="Only you see it."
              placeholder="Class reunion"
              maxLength={NAME_MAX}
              defaultValue={values.name}
            />
            {asking ? (
              <AskedList data={data} />
            ) : (
              <>
                {draft === null && <input type="hidden" name="templateText" value={values.templateText} />}
                {lists.length > 0 ? (
                  <Sources legend="Lists" name="listIds" sources={listSources} chosen={values.listIds} />
                ) : (
                  <Text c="dimmed">
                    There is no list yet. <TextLink to="/contacts/upload">Import contacts</TextLink> who agreed; this
                    draft waits for you.
                  </Text>
                )}
                {tags.length > 0 && (
                  <>
                    <Sources legend="Tags" name="tags" sources={tagSources} chosen={values.tags} />
                    <Switch
                      name="narrow"
                      value="on"
                      defaultChecked={values.narrow}
                      label="Only those on the lists who have one of the tags"
                      description="Otherwise everybody with a tag gets it as well."
                    />
                  </>
                )}
              </>
            )}
            {group && !asking && (
              <Radio.Group
                label="How they get it"
                name="audience"
                value={audience}
                onChange={(value) => setAudience(value === "group_chat" ? "group_chat" : "list")}
              >
                <Stack gap="xs" mt="xs">
                  <Radio
                    value="list"
                    label={`To each person who agreed (${formatNumber(reach.people.queued)})`}
                    description="One message each, with their own name in it."
                  />
                  <Radio
                    value="group_chat"
                    label="One message to the group's own chat"
                    description={`Everybody in the group reads it: ${membersInWords(group)}.`}
                  />
                </Stack>
              </Radio.Group>
            )}
          </Stack>
        </Paper>
        {(lists.length > 1 || tags.length > 0) && (
          <Paper component="details" open={leavesOut}>
            <Text component="summary" fw={650} style={{ cursor: "pointer" }}>
              Leave people out
            </Text>
            <Stack mt="sm">
              <Text size="sm" c="dimmed">
                Whoever is on one of these lists, or has one of these tags, does not get it.
              </Text>
              <Sources legend="Not those on" name="exceptListIds" sources={listSources} chosen={values.exceptListIds} />
              {tags.length > 0 && (
                <Sources legend="Not those tagged" name="exceptTags" sources={tagSources} chosen={values.exceptTags} />
              )}
            </Stack>
          </Paper>
        )}
        <Paper>
          <Phone data={data} onlyId={audience === "group_chat" ? (group?.waSessionId ?? null) : null} />
        </Paper>
        <Group justify="flex-end">
          <Button type="submit">Next: the message</Button>
        </Group>
      </Stack>
    </Form>
  );
}

/** A question goes to one list that waits for the answer; its ready text names the list until somebody writes their own. */
function AskedList({ data: { lists, values, draft } }: { data: WizardData }) {
  const [listId, setListId] = useState<string>(values.listIds[0] ?? "");
  const nameOf = (id: string | undefined) => lists.find((list) => list.id === id)?.name ?? "";
  const ready = draft === null || values.templateText === confirmationText(nameOf(values.listIds[0]));
  return (
    <>
      {ready && <input type="hidden" name="templateText" value={confirmationText(nameOf(listId))} />}
      <NativeSelect
        label="List"
        name="listIds"
        value={listId}
        onChange={(event) => setListId(event.currentTarget.value)}
        data={[
          ...(listId === "" ? [{ value: "", label: "Choose a list" }] : []),
          ...lists.filter(({ doubleOptIn }) => doubleOptIn).map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
    </>
  );
}

/** The phone that sends; of a group's chat only the one that is in the group. */
function Phone({ data: { sessions, values }, onlyId }: { data: WizardData; onlyId: string | null }) {
  if (sessions.length === 0) {
    return (
      <Text>
        No phone is linked yet. <TextLink to="/link">Link a phone</TextLink>; this draft waits for you.
      </Text>
    );
  }
  const inGroup = sessions.filter((session) => session.id === onlyId);
  const offered = inGroup.length > 0 ? inGroup : sessions;
  return (
    <NativeSelect
      key={offered.map((session) => session.id).join()}
      label="From"
      name="waSessionId"
      defaultValue={values.waSessionId ?? ""}
      data={[
        ...(values.waSessionId === null ? [{ value: "", label: "Choose a phone" }] : []),
        ...offered.map((session) => ({
          value: session.id,
          label: `${session.phone ?? "New phone"} (${session.label.toLowerCase()})`,
        })),
      ]}
    />
  );
}
