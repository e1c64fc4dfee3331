import { Button, Group } from "@mantine/core";
import { Form } from "@remix-run/react";
import { contactStates } from "#server/contacts/schema.ts";
import { reachLooks } from "../../components/contact-looks.tsx";
import { FilterSelect, SearchField } from "../../components/filter-fields.tsx";
import { useFilter } from "../../lib/use-filter.ts";

/** Which people are shown. Every choice is in the address; without JavaScript a button sends the form. */
export function Filters({ tags }: { tags: readonly { tag: string; count: number }[] }) {
  const { asked, show } = useFilter();
  const given = (name: string) => asked.get(name) ?? "";
  return (
    <Form method="get" role="search" action="/contacts">
      <Group align="flex-end" gap="sm">
        {asked.has("list") && <input type="hidden" name="list" value={given("list")} />}
        <SearchField
          label="Search"
          placeholder="Name, or the number's last digits"
          value={given("search")}
          onSearch={(value) => show({ search: value || null })}
          style={{ flex: "2 1 14rem" }}
        />
        <FilterSelect
          name="state"
          label="State"
          value={given("state")}
          onChoose={(value) => show({ state: value || null })}
          data={[
            { value: "", label: "Any" },
            ...contactStates.map((state) => ({ value: state, label: reachLooks[state].word })),
          ]}
          style={{ flex: "1 1 8rem" }}
        />
        <FilterSelect
          name="tag"
          label="Tag"
          value={given("tag")}
          disabled={tags.length === 0}
          onChoose={(value) => show({ tag: value || null })}
          data={[
            { value: "", label: tags.length === 0 ? "None yet" : "Any" },
            ...tags.map(({ tag, count: people }) => ({ value: tag, label: `${tag} (${people})` })),
          ]}
          style={{ flex: "1 1 8rem" }}
        />
        <noscript>
          <Button type="submit" variant="default">
            Show
          </Button>
        </noscript>
      </Group>
    </Form>
  );
}
