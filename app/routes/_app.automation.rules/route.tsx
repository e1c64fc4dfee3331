import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { ChatBubbleIcon, ChevronRightIcon, PauseIcon, PlusIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useLoaderData, useSearchParams } from "@remix-run/react";
import { useRef, useState } from "react";
import { RULES_AT_MOST } from "#server/automation/rules.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { ButtonForm, Refused } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { MessagePreview } from "../../components/message-preview.tsx";
import { Page } from "../../components/page.tsx";
import { WithPreview } from "../../components/with-preview.tsx";
import { formatNumber } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { act } from "./action.server.ts";
import { RemoveRule, RuleEditor } from "./editor.tsx";
import { RuleList } from "./list.tsx";
import { load, PAGE, type Rule, type RulesPage } from "./load.ts";
import type { Said } from "./responses.tsx";
import { Settings, Stopped } from "./settings.tsx";
import { Trial, type Trials } from "./trial.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Automatic answers · MassSender" }];

export const loader = ({ context, request }: LoaderFunctionArgs) => load(context.api, request);

export const action = ({ context, request }: ActionFunctionArgs) => act(context.api, request);

export default function RulesRoute() {
  const page = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  if (page.editor) {
    const { rule } = page.editor;
    return <Editing key={rule?.id ?? "new"} page={page} rule={rule} answer={answer} />;
  }
  return (
    <Page
      title="Automatic answers"
      lead="Rules answer what people write to your phones: once, inside your active hours, and never in groups."
      actions={<Actions page={page} />}
    >
      <Refused answer={answer} intents={["move", "enable", "pause", "resume", "settings"]} />
      <Stopped page={page} />
      {page.total === 0 ? (
        <EmptyState
          icon={ChatBubbleIcon}
          title="No rule yet"
          action={<LinkButton to="/automation/rules?edit=new">Make the first rule</LinkButton>}
        >
          A rule has words and an answer: whoever writes “harga” gets your price list, without you.
        </EmptyState>
      ) : (
        <Rules page={page} />
      )}
      <Settings page={page} />
      {page.total > 0 && <Trial page={page} answer={answer} editor={null} />}
    </Page>
  );
}

function Actions({ page: { settings, total } }: { page: RulesPage }) {
  const full = total >= RULES_AT_MOST;
  if (total === 0) return null;
  return (
    <>
      {!settings.paused && (
        <ButtonForm intent="pause" fields={{ to: "on" }}>
          <Button type="submit" variant="default" leftSection={<PauseIcon aria-hidden />}>
            Pause all
          </Button>
        </ButtonForm>
      )}
      {full ? (
        <Text size="sm" c="dimmed">
          You have {formatNumber(RULES_AT_MOST)} rules, which is the most.
        </Text>
      ) : (
        <LinkButton to="/automation/rules?edit=new" leftSection={<PlusIcon aria-hidden />}>
          New rule
        </LinkButton>
      )}
    </>
  );
}

/** The rules of this page, with the way to the others where there are more. */
function Rules({ page }: { page: RulesPage }) {
  const [search] = useSearchParams();
  const { from, found, total, rules } = page;
  return (
    <Stack gap="sm" component="section" aria-label="Rules">
      {total > PAGE && (
        <Form method="get" role="search">
          <Group align="flex-end" gap="xs">
            <TextInput
              name="q"
              label="Search the rules"
              defaultValue={page.search}
              maw={360}
              style={{ flex: "1 1 12rem" }}
            />
            <Button type="submit" variant="default">
              Search
            </Button>
          </Group>
        </Form>
      )}
      {rules.length === 0 ? (
        <Text c="dimmed">No rule has this in its name, words or answers.</Text>
      ) : (
        <RuleList page={page} />
      )}
      {found > PAGE && (
        <Group justify="space-between" component="nav" aria-label="Pages of the rules">
          <Text size="sm" c="dimmed">
            {formatNumber(from + 1)} to {formatNumber(from + rules.length)} of {formatNumber(found)}
          </Text>
          <Group gap="xs">
            {from > 0 && (
              <LinkButton
                to={withSearch(search, { from: String(Math.max(0, from - PAGE)) })}
                variant="default"
                size="sm"
              >
                Those before
              </LinkButton>
            )}
            {from + rules.length < found && (
              <LinkButton
                to={withSearch(search, { from: String(from + PAGE) })}
                variant="default"
                size="sm"
                rightSection={<ChevronRightIcon aria-hidden />}
              >
                Those after
              </LinkButton>
            )}
          </Group>
        </Group>
      )}
    </Stack>
  );
}

function Editing({ page, rule, answer }: { page: RulesPage; rule: Rule | null; answer: Trials | undefined }) {
  const form = useRef<HTMLFormElement>(null);
  const [first] = rule?.responses ?? [];
  const [said, setSaid] = useState<Said>({
    text: first?.text ?? "",
    media: page.files.find(({ id }) => id === first?.mediaId) ?? null,
  });
  return (
    <Page title={rule ? rule.name : "New rule"} actions={rule && <RemoveRule rule={rule} />}>
      <WithPreview
        preview={<MessagePreview template={said.text} media={said.media} samples={page.samples} group={null} />}
        rest={<Trial page={page} answer={answer} editor={form} />}
        follows
      >
        <RuleEditor page={page} rule={rule} answer={answer} formRef={form} onSaid={setSaid} />
      </WithPreview>
    </Page>
  );
}
