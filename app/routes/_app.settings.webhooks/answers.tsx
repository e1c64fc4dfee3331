import { ActionIcon, Alert, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { CheckCircledIcon, CheckIcon, CopyIcon, CrossCircledIcon } from "@radix-ui/react-icons";
import { useEffect, useRef } from "react";
import type { Api } from "#server/route-api.ts";
import { tellProblem } from "#server/webhooks/rules.ts";
import { formatNumber } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { type Endpoint, endpointName } from "./looks.ts";

export type Shown = Awaited<ReturnType<Api["webhooks"]["add"]>>;
export type Tested = Awaited<ReturnType<Api["webhooks"]["test"]>>;

/** What the last form of the page was answered with: a secret to copy, or what came of a test. */
export function Answered({ answer, endpoints }: { answer: Answer<Shown | Tested> | undefined; endpoints: Endpoint[] }) {
  const value = answer?.value;
  const place = useRef<HTMLDivElement>(null);
  // Whoever pressed the button may be far down the page.
  useEffect(() => {
    if (value) place.current?.scrollIntoView({ block: "center" });
  }, [value]);
  if (!value) return null;
  const endpoint = endpoints.find(({ id }) => id === value.id);
  // Removed meanwhile: neither says anything any more.
  if (!endpoint) return null;
  return (
    <div ref={place}>
      {"secret" in value ? (
        <NewSecret secret={value.secret} endpoint={endpoint} />
      ) : (
        <TestResult tested={value} endpoint={endpoint} />
      )}
    </div>
  );
}

function NewSecret({ secret, endpoint }: { secret: string; endpoint: Endpoint }) {
  return (
    <Alert color="green" role="status" title={`The secret of ${endpointName(endpoint)}: it is not shown again`}>
      <Stack gap="xs">
        <Text size="sm">
          With it your server sees that an event is ours. Any library of Standard Webhooks takes it as it stands.
        </Text>
        <Group gap="xs" wrap="nowrap">
          <Code style={{ overflowWrap: "anywhere" }}>{secret}</Code>
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <ActionIcon variant="default" size="lg" onClick={copy} aria-label={copied ? "Copied" : "Copy the secret"}>
                {copied ? <CheckIcon /> : <CopyIcon />}
              </ActionIcon>
            )}
          </CopyButton>
        </Group>
      </Stack>
    </Alert>
  );
}

function TestResult({ tested, endpoint }: { tested: Tested; endpoint: Endpoint }) {
  const { code, problem, ms, text } = tested;
  const taken = problem === null;
  return (
    <Alert
      color={taken ? "green" : "red"}
      role={taken ? "status" : "alert"}
      icon={taken ? <CheckCircledIcon aria-hidden /> : <CrossCircledIcon aria-hidden />}
      title={taken ? `${endpointName(endpoint)} took the test` : `${endpointName(endpoint)} did not take the test`}
    >
      <Stack gap={4}>
        {problem !== null && <Text size="sm">{tellProblem(problem)}</Text>}
        <Text size="sm">
          {code === null ? "No answer" : `Answer ${code}`} after {formatNumber(ms)} ms
          {text !== null && ":"}
        </Text>
        {text !== null && <Code style={{ overflowWrap: "anywhere" }}>{text}</Code>}
      </Stack>
    </Alert>
  );
}
