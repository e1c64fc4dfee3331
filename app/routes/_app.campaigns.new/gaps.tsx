import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { InfoCircledIcon } from "@radix-ui/react-icons";
import { useState } from "react";
import { barePlaces, withFallback } from "#server/templates/rules.ts";
import { count } from "../../lib/format.ts";

/** Who would get a gap, and the word that comes in its place instead. */
export function Gaps({
  text,
  lacking,
  onText,
}: {
  text: string;
  lacking: readonly { variable: string; count: number }[];
  onText: (text: string) => void;
}) {
  const bare = barePlaces(text);
  const gaps = lacking.filter(({ variable }) => bare.includes(variable));
  if (gaps.length === 0) return null;
  return (
    <Alert color="yellow" icon={<InfoCircledIcon />} title="Some people would get a gap">
      {/* What is typed here is no field of the draft. */}
      <Stack gap="sm" onChange={(event) => event.stopPropagation()}>
        {gaps.map((gap) => (
          <Gap key={gap.variable} {...gap} onWord={(word) => onText(withFallback(text, gap.variable, word))} />
        ))}
      </Stack>
    </Alert>
  );
}

function Gap({ variable, count: n, onWord }: { variable: string; count: number; onWord: (word: string) => void }) {
  const [word, setWord] = useState(variable === "name" ? "friend" : "");
  const use = () => word.trim() !== "" && onWord(word);
  return (
    <Stack gap={4}>
      <Text size="sm" id={`gap-${variable}`} style={{ overflowWrap: "anywhere" }}>
        {count(n, "contact has", "contacts have")} no <code>{variable}</code>.{" "}
        <span data-needs-script>Say instead:</span>
        <noscript>
          Name a word for it: <code>{`{{${variable}|friend}}`}</code>
        </noscript>
      </Text>
      <Group gap="xs" data-needs-script>
        <TextInput
          aria-labelledby={`gap-${variable}`}
          placeholder="friend"
          size="xs"
          maxLength={200}
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            use();
          }}
        />
        <Button size="xs" variant="default" disabled={word.trim() === ""} onClick={use}>
          Use it
        </Button>
      </Group>
    </Stack>
  );
}
