import { ActionIcon, Group, Stack, Text, Title } from "@mantine/core";
import { ChevronLeftIcon, ChevronRightIcon } from "@radix-ui/react-icons";
import { type ReactNode, useState } from "react";
import type { MediaView } from "#server/media/queries.ts";
import { type Addressee, renderTemplate, templateValues, templateVariables } from "#server/templates/rules.ts";
import { MediaBubble } from "./media-look.tsx";
import { PhoneFrame } from "./phone-frame.tsx";

interface Contact extends Addressee {
  id: string;
}

/** The message on the phone of a real contact, the arrows go to the next of them; or in the chat of a group. */
export function MessagePreview({
  template,
  media,
  samples,
  group,
}: {
  template: string;
  media: MediaView | null;
  samples: readonly Contact[];
  group: { name: string; members: string } | null;
}) {
  const above = media && <MediaBubble media={media} />;
  if (group) {
    return (
      <Stack component="section" aria-label="Preview" gap="sm">
        <Title order={2}>Preview</Title>
        <PhoneFrame
          title={group.name}
          subtitle={`Group chat, ${group.members}`}
          messages={[{ id: "group", fromMe: false, above, text: template }]}
        />
      </Stack>
    );
  }
  return <PersonPreview template={template} above={above} samples={samples} />;
}

function PersonPreview({
  template,
  above,
  samples,
}: {
  template: string;
  above: ReactNode;
  samples: readonly Contact[];
}) {
  const [turned, setTurned] = useState(0);
  const at = turned % Math.max(1, samples.length);
  const contact = samples[at];
  const step = (by: number) => setTurned((at + by + samples.length) % samples.length);
  const values = contact ? templateValues(contact) : new Map<string, string>();
  const missing = contact ? templateVariables(template).filter((name) => !values.get(name)?.trim()) : [];
  return (
    <Stack component="section" aria-label="Preview" gap="sm">
      <Group justify="space-between">
        <Title order={2}>Preview</Title>
        {samples.length > 1 && (
          <Group gap="xs" data-needs-script>
            <ActionIcon variant="default" size="lg" aria-label="Previous contact" onClick={() => step(-1)}>
              <ChevronLeftIcon />
            </ActionIcon>
            <Text size="sm">
              {at + 1} of {samples.length}
            </Text>
            <ActionIcon variant="default" size="lg" aria-label="Next contact" onClick={() => step(1)}>
              <ChevronRightIcon />
            </ActionIcon>
          </Group>
        )}
      </Group>
      <PhoneFrame
        title={contact ? contact.name || contact.phoneE164 : "Nobody who gets it yet"}
        subtitle={contact?.phoneE164}
        messages={[
          {
            id: contact?.id ?? "nobody",
            fromMe: false,
            above,
            text: contact ? renderTemplate(template, values) : template,
          },
        ]}
      />
      {missing.length > 0 && (
        <Text size="sm" c="dimmed" aria-live="polite" style={{ overflowWrap: "anywhere" }}>
          {contact?.name || contact?.phoneE164} has no {missing.join(", ")}: that place stays empty, or takes the word
          after the bar.
        </Text>
      )}
    </Stack>
  );
}
