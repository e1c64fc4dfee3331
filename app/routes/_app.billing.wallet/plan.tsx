import { Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Figure } from "../../components/figure.tsx";
import { Moment } from "../../components/moment.tsx";
import { formatWait } from "../../lib/format.ts";
import type { Points, Use } from "./load.ts";
import { endWords, enoughWords } from "./words.ts";

/** The plan and how long it still runs, by the server's clock. */
export function Plan({ plan, children }: { plan: Points["plan"]; children?: ReactNode }) {
  return (
    <Paper component="section" aria-labelledby="plan">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack gap="sm">
          <Title order={2} id="plan">
            Plan
          </Title>
          <Stack component="dl" m={0} gap="sm">
            {plan.none ? (
              <Figure label="Your plan" note="Without a plan nothing is sent." words>
                None yet
              </Figure>
            ) : (
              <Figure label={`Plan of ${plan.label}`} note={<Until plan={plan} />} words>
                {plan.active ? `${formatWait(plan.leftMs)} left` : "Ended"}
              </Figure>
            )}
          </Stack>
        </Stack>
        {children}
      </SimpleGrid>
    </Paper>
  );
}

const Until = ({ plan }: { plan: Points["plan"] }) => (
  <>
    {plan.active ? "It ends on " : "It ended on "}
    <Moment at={plan.expiresAt} />
  </>
);

/** What the points are enough for, and about how long. */
export function Forecast({ forecast }: { forecast: Use["forecast"] }) {
  const [enough, end] = [enoughWords(forecast.campaigns), endWords(forecast.end)];
  return (
    <Paper component="section" aria-labelledby="forecast">
      <Stack gap="sm">
        <Title order={2} id="forecast">
          Forecast
        </Title>
        {[enough, end].map(({ title, note }) => (
          <Stack key={title} gap={0}>
            <Text fw={650}>{title}</Text>
            <Text size="sm" c="dimmed">
              {note}
            </Text>
          </Stack>
        ))}
      </Stack>
    </Paper>
  );
}
