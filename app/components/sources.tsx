import { Checkbox, Fieldset, ScrollArea, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { count } from "../lib/format.ts";

interface Source {
  value: string;
  label: string;
  people: number;
}

/** From so many on a list of them can be searched. */
const SEARCHED_FROM = 8;

/** Boxes to tick, one a list or tag, those that are ticked as it opens first. What a search hides stays ticked. */
export function Sources({
  legend,
  name,
  sources,
  chosen,
}: {
  legend: string;
  name: string;
  sources: readonly Source[];
  chosen: readonly string[];
}) {
  const [search, setSearch] = useState("");
  // Only as it opens: nothing jumps away from under a finger.
  const [first] = useState(() => new Set(chosen));
  const ordered = [...sources].sort((a, b) => Number(first.has(b.value)) - Number(first.has(a.value)));
  const wanted = search.trim().toLocaleLowerCase();
  const hidden = ({ label }: Source) => !label.toLocaleLowerCase().includes(wanted);
  return (
    <Fieldset legend={legend} variant="unstyled" p={0}>
      <Stack gap="xs" mt={4}>
        {sources.length >= SEARCHED_FROM && (
          <TextInput
            aria-label={`Search: ${legend.toLowerCase()}`}
            placeholder="Search"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
            data-needs-script
          />
        )}
        <ScrollArea.Autosize mah={240} type="auto" viewportProps={{ tabIndex: -1 }}>
          <Stack gap={8} py={2} px={2}>
            {ordered.map((source) => (
              <Checkbox
                key={source.value}
                name={name}
                value={source.value}
                defaultChecked={chosen.includes(source.value)}
                display={hidden(source) ? "none" : undefined}
                label={
                  <span style={{ overflowWrap: "anywhere" }}>
                    {source.label}{" "}
                    <Text span size="sm" c="dimmed">
                      ({count(source.people, "person", "people")})
                    </Text>
                  </span>
                }
              />
            ))}
            {sources.length > 0 && sources.every(hidden) && (
              <Text size="sm" c="dimmed">
                Nothing has this name.
              </Text>
            )}
          </Stack>
        </ScrollArea.Autosize>
      </Stack>
    </Fieldset>
  );
}
