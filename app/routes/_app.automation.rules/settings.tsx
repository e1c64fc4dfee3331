import { Alert, Button, Group, List, NumberInput, Paper, Radio, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon, PauseIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { LOOP } from "#server/automation/rules.ts";
import { ButtonForm, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import type { RulesPage } from "./load.ts";

/** What keeps all rules, or those of a phone, from answering, and the button that ends it. */
export function Stopped({ page }: { page: RulesPage }) {
  const { settings, stopped, planActive, total } = page;
  const expired = !planActive && total > 0;
  if (stopped.length === 0 && !settings.paused && !expired) return null;
  return (
    <Stack gap="sm">
      {stopped.map(({ waSessionId, phone, reason, at, person }) => (
        <Alert
          key={waSessionId}
          color="red"
          role="alert"
          icon={<ExclamationTriangleIcon aria-hidden />}
          title={`The rules of ${phone ?? "a phone"} have stopped`}
        >
          <Stack gap="xs">
            <Text size="sm">
              <Moment at={at} />:{" "}
              {reason === "loop"
                ? `${person} wrote again after ${LOOP.inMinute} answers within a minute, or ${LOOP.inHour} within an hour, as when two machines answer each other.`
                : `there was more to answer in a minute than the ${settings.maxPerMinute} answers that a phone gives.`}{" "}
              Nothing is answered until you let the rules go on. What came in is in the{" "}
              <TextLink to="/inbox">inbox</TextLink>.
            </Text>
            <ButtonForm intent="resume" fields={{ waSessionId }}>
              <SubmitButton intent="resume" size="xs" color="red">
                Let them go on
              </SubmitButton>
            </ButtonForm>
          </Stack>
        </Alert>
      ))}
      {settings.paused && (
        <Alert color="yellow" icon={<PauseIcon aria-hidden />} title="All rules are paused">
          <ButtonForm intent="pause" fields={{ to: "off" }}>
            <Button type="submit" size="xs" variant="default">
              Let all rules go on
            </Button>
          </ButtonForm>
        </Alert>
      )}
      {expired && (
        <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />} title="No plan is running">
          Nothing is answered until there is one. See the <TextLink to="/billing/wallet">wallet</TextLink>.
        </Alert>
      )}
    </Stack>
  );
}

/** How the rules are judged together. */
export function Settings({ page: { settings } }: { page: RulesPage }) {
  return (
    <Paper component="section" aria-labelledby="together">
      <Form method="post" preventScrollReset>
        <Intent name="settings" />
        <Stack gap="md">
          <Title order={2} id="together">
            All rules together
          </Title>
          <Radio.Group name="mode" label="When several rules fit a message" defaultValue={settings.mode}>
            <Stack gap={6} mt={6}>
              <Radio value="first" label="The first of them answers" />
              <Radio value="all" label="Each of them answers, five at most" />
            </Stack>
          </Radio.Group>
          <NumberInput
            name="maxPerMinute"
            label="Automatic answers of one phone in a minute"
            description="If there are more to give, its rules stop until you let them go on."
            defaultValue={settings.maxPerMinute}
            min={1}
            max={60}
            maw={360}
            allowDecimal={false}
            hideControls
          />
          <Group>
            <SubmitButton intent="settings" variant="default">
              Save
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
      <Text size="sm" c="dimmed" mt="lg">
        Never answered are:
      </Text>
      <List size="sm" c="dimmed">
        <List.Item>groups, channels and statuses, and what came while the phone was not connected</List.Item>
        <List.Item>messages older than five minutes, opt-outs, and people who opted out</List.Item>
        <List.Item>contacts without consent, your own phones, and a person who sends an answer back</List.Item>
      </List>
    </Paper>
  );
}
