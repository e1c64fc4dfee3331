import { Badge, Checkbox, Group, Text } from "@mantine/core";
import { consentLookOf, ReachBadge } from "../../components/contact-looks.tsx";
import { TextLink } from "../../components/link-button.tsx";
import type { LongColumn } from "../../components/long-table.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import type { Person } from "./load.ts";

const TAGS_SHOWN = 2;

interface Choice {
  attributes: readonly string[];
  doubleOptIn: boolean;
  chosen: ReadonlySet<string>;
  onChoose: (id: string) => void;
}

/** A person's row: who, what is known of their consent and whether they can be messaged, and the list's own columns. */
export function peopleColumns({ attributes, doubleOptIn, chosen, onChoose }: Choice): LongColumn<Person>[] {
  return [
    {
      header: "Chosen",
      rem: 2,
      untitled: true,
      cell: ({ id, name }) => (
        <Checkbox size="sm" checked={chosen.has(id)} onChange={() => onChoose(id)} aria-label={`Choose ${name}`} />
      ),
    },
    {
      header: "Name",
      rem: 8,
      grow: 2,
      names: true,
      cell: ({ id, name }) => (
        <TextLink to={`/contacts/${id}`} fw={600}>
          {name}
        </TextLink>
      ),
    },
    { header: "Number", rem: 8, cell: ({ phoneE164 }) => phoneE164 },
    {
      header: "Tags",
      rem: 4.5,
      grow: 1,
      cell: ({ tags }) => (tags.length > 0 ? <Tags tags={tags} /> : null),
    },
    {
      header: "Consent",
      rem: 6.25,
      half: "first",
      cell: (person) => <StatusBadge look={consentLookOf(person)} variant="transparent" px={0} />,
    },
    {
      header: "State",
      rem: 9,
      half: "second",
      cell: (person) => <ReachBadge person={person} doubleOptIn={doubleOptIn} />,
    },
    ...attributes.map((name) => ({
      header: name,
      rem: 4.5,
      grow: 1,
      labelled: true,
      cell: (person: Person) => person.attributes[name] ?? null,
    })),
  ];
}

function Tags({ tags }: { tags: readonly string[] }) {
  const more = tags.length - TAGS_SHOWN;
  return (
    <Group gap={4}>
      {tags.slice(0, TAGS_SHOWN).map((tag) => (
        <Badge key={tag} variant="default" tt="none" fw={500} radius="sm" size="sm">
          {tag}
        </Badge>
      ))}
      {more > 0 && (
        <Text size="xs" c="dimmed" title={tags.join(", ")}>
          and {more} more
        </Text>
      )}
    </Group>
  );
}
