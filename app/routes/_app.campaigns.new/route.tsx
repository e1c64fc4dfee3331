import { Box, Group } from "@mantine/core";
import { MobileIcon, PersonIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData, useLocation, useRevalidator } from "@remix-run/react";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { z } from "zod";
import { renameTemplateInput, saveTemplateInput, templateRef } from "#server/templates/schema.ts";
import { CampaignSteps } from "../../components/campaign-steps.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Refused } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { campaignName } from "../../lib/format.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { AudienceStep } from "./audience-step.tsx";
import { saveStep, stepForms } from "./forms.ts";
import { loadWizard, type WizardData } from "./load.ts";
import { MessageStep } from "./message-step.tsx";
import { ReachLine, ReachPanel } from "./reach-panel.tsx";
import { SaveProblem, SaveStatus } from "./save-state.tsx";
import { useDraft } from "./use-draft.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data?.values.name || "New campaign"} · MassSender` },
];

export function loader({ context, request }: LoaderFunctionArgs) {
  return loadWizard(context.api, new URL(request.url).searchParams);
}

/** The steps save by themselves; their forms come here where no script runs, and go on to the next step. */
export function action({ context, request }: ActionFunctionArgs) {
  const { templates } = context.api;
  const draft = new URL(request.url).searchParams.get("draft");
  return submit(request, {
    audience: form(stepForms.audience, (input) => saveStep(context.api, draft, input), {
      done: { to: ({ id }) => `/campaigns/new?draft=${id}&step=message` },
    }),
    message: form(stepForms.message, (input) => saveStep(context.api, draft, input), {
      done: { to: ({ id }) => `/campaigns/${id}` },
    }),
    saveTemplate: form(saveTemplateInput, async (input) => void (await templates.save(input))),
    renameTemplate: form(renameTemplateInput, templates.rename),
    removeTemplate: form(templateRef, templates.remove),
  });
}

const formState = z.object({ form: z.string() });

export default function NewCampaign() {
  const data = useLoaderData<typeof loader>();
  const { state, key } = useLocation();
  const { revalidate } = useRevalidator();
  const [shown, setShown] = useState(0);
  const showAgain = useCallback(() => setShown((times) => times + 1), []);
  const { lists, sessions, tags, draft, values } = data;
  const asking = values.purpose === "confirmation";
  if (asking && !lists.some(({ doubleOptIn }) => doubleOptIn)) {
    return (
      <Page title="Ask people to confirm">
        <EmptyState
          icon={PersonIcon}
          title="No list waits for a YES"
          action={<LinkButton to="/contacts">To the lists</LinkButton>}
        >
          Switch double opt-in on for a list first; then its people can be asked to confirm.
        </EmptyState>
      </Page>
    );
  }
  if (!draft && lists.length + tags.length === 0) {
    const phone = sessions.length === 0;
    return (
      <Page title="New campaign">
        <EmptyState
          icon={phone ? MobileIcon : PersonIcon}
          title={phone ? "First link a phone" : "First import contacts"}
          action={
            phone ? (
              <LinkButton to="/link">Link a phone</LinkButton>
            ) : (
              <LinkButton to="/contacts/upload">Import contacts</LinkButton>
            )
          }
        >
          A campaign needs a phone that sends it and a list of people who agreed to get it.
        </EmptyState>
      </Page>
    );
  }
  // A draft that was just made stays in the form it was typed in.
  const made = formState.safeParse(state).data?.form ?? draft?.id ?? key;
  return (
    <Wizard
      key={`${made} ${data.step} ${shown}`}
      data={data}
      onOlder={showAgain}
      onReload={() => {
        revalidate();
        showAgain();
      }}
    />
  );
}

function Wizard({ data, onOlder, onReload }: { data: WizardData; onOlder: () => void; onReload: () => void }) {
  const { step, draft, values } = data;
  const answer = useLastAnswer<typeof action>();
  const formRef = useRef<HTMLFormElement>(null);
  const saved = useDraft(step, draft, formRef, onOlder);
  const asking = values.purpose === "confirmation";
  const fresh = asking ? "Ask people to confirm" : "New campaign";
  return (
    <Page
      title={draft ? campaignName(values.name) : fresh}
      lead={
        asking
          ? "Each person who agreed is asked once, ever. Who answers YES gets the messages of this list from then on."
          : `Nothing is sent before you start it, ${step === "message" ? "after the review, which is next" : "two steps from here"}.`
      }
    >
      <StepBar>
        <CampaignSteps draftId={draft?.id ?? null} at={step} onLeave={(to) => void saved.leaveFor(to)} />
        <Group gap="md">
          {step === "audience" && <ReachLine data={data} />}
          <SaveStatus state={saved.state} />
        </Group>
      </StepBar>
      <SaveProblem state={saved.state} saver={saved.saver} onReload={onReload} />
      <Refused answer={answer} intents={["audience", "message"]} />
      {step === "message" ? (
        <MessageStep data={data} saved={saved} formRef={formRef} />
      ) : (
        <Group align="flex-start" gap="lg">
          <Box flex="1 1 26rem" miw={0}>
            <AudienceStep data={data} saved={saved} formRef={formRef} />
          </Box>
          <Box flex="1 1 18rem" maw={{ base: "100%", md: 380 }} pos={{ base: "static", md: "sticky" }} top={124}>
            <ReachPanel data={data} forGroup={values.audience === "group_chat"} />
          </Box>
        </Group>
      )}
    </Page>
  );
}

/** Where one is, and whether it is kept: in sight however long the form is. */
function StepBar({ children }: { children: ReactNode }) {
  return (
    <Group
      justify="space-between"
      gap="xs"
      py="xs"
      pos="sticky"
      top={60}
      bg="var(--mantine-color-body)"
      style={{ zIndex: 2 }}
    >
      {children}
    </Group>
  );
}
