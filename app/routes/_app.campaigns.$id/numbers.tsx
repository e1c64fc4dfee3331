import { Group, Stack, Text } from "@mantine/core";
import { MagnifyingGlassIcon } from "@radix-ui/react-icons";
import { ButtonForm, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import type { CampaignReview } from "./load.ts";

const CHECK = "checkNumbers";

/** Lets the user ask WhatsApp which people have an account, before points are held for those who have none. */
export function Numbers({
  campaignId,
  review: { numbers, session, excluded },
  answer,
}: {
  campaignId: string;
  review: CampaignReview;
  answer: Answer | undefined;
}) {
  const { unasked, leftToday, state } = numbers;
  const asking = state === "asking";
  if (unasked === 0 && !asking) return state === "answered" ? <Answered without={excluded.not_on_whatsapp} /> : null;
  return (
    <Stack gap="xs" component="section" aria-label="Numbers without WhatsApp">
      <Refused answer={answer} intents={[CHECK]} />
      <Group>
        <ButtonForm intent={CHECK} fields={{ id: campaignId }}>
          <SubmitButton
            intent={CHECK}
            variant="default"
            // Longer than a small screen is wide.
            h="auto"
            mih={36}
            py={6}
            styles={{ label: { whiteSpace: "normal" } }}
            leftSection={<MagnifyingGlassIcon aria-hidden />}
            disabled={asking || leftToday === 0 || session?.status !== "linked"}
          >
            {asking
              ? "WhatsApp is being asked"
              : `Check which of ${count(unasked, "number has", "numbers have")} WhatsApp`}
          </SubmitButton>
        </ButtonForm>
      </Group>
      <Text size="sm" c="dimmed" role="status">
        {state === "failed" && "WhatsApp could not be asked the last time: the phone was not connected. "}
        WhatsApp is asked at most once for each number, only about people who agreed, and about 200 numbers a day for
        this phone: {formatNumber(leftToday)} are left today. It is not needed to start; who has no WhatsApp costs no
        points.
      </Text>
    </Stack>
  );
}

function Answered({ without }: { without: number }) {
  return (
    <Text size="sm" c="dimmed" role="status">
      WhatsApp was asked about these numbers:{" "}
      {without === 0 ? "all have an account." : `${count(without, "has", "have")} no account and will not be messaged.`}
    </Text>
  );
}
