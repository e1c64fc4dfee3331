import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { MagnifyingGlassIcon } from "@radix-ui/react-icons";
import { Form, useNavigate, useSearchParams } from "@remix-run/react";
import { useState } from "react";
import { contactStates } from "#server/contacts/schema.ts";
import { reachLooks } from "../../components/contact-looks.tsx";
import { withSearch } from "../../lib/params.ts";

const TYPING_MS = 250;

/** Which people are shown. Every choice is in the address; without JavaScript a button sends the form. */
export function Filters({ tags }: { tags: readonly { tag: string; count: number }[] }) {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const show = (changes: Record<string, string | null>) =>
    navigate(withSearch(search, { ...changes, cursor: null }), { replace: true, preventScrollReset: true });
  const given = (name: string) => search.get(name) ?? "";
  return (
    <Form method="get" role="search" action="/contacts">
      <Group align="flex-end" gap="sm">
        {search.has("list") && <input type="hidden" name="list" value={given("list")} />}
        <SearchField value={given("search")} onSearch={(value) => show({ search: value || null })} />
        <NativeSelect
          name="state"
          label="State"
          value={given("state")}
          onChange={({ currentTarget: { value } }) => show({ state: value || null })}
          data={[
            { value: "", label: "Any" },
            ...contactStates.map((state) => ({ value: state, label: reachLooks[state].word })),
          ]}
          style={{ flex: "1 1 8rem" }}
        />
        <NativeSelect
          name="tag"
          label="Tag"
          value={given("tag")}
          disabled={tags.length === 0}
          onChange={({ currentTarget: { value } }) => show({ tag: value || null })}
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

/** Searches while somebody types, a moment after the last letter. */
function SearchField({ value, onSearch }: { value: string; onSearch: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [sent, setSent] = useState(value);
  const search = useDebouncedCallback((text: string) => {
    setSent(text);
    onSearch(text);
  }, TYPING_MS);
  // The address may change by itself, by a link or the browser's way back.
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    if (value !== sent) {
      setTyped(value);
      setSent(value);
    }
  }
  return (
    <TextInput
      name="search"
      type="search"
      label="Search"
      placeholder="Name, or the number's last digits"
      autoComplete="off"
      maxLength={100}
      value={typed}
      onChange={({ currentTarget: { value: text } }) => {
        setTyped(text);
        search(text.trim());
      }}
      leftSection={<MagnifyingGlassIcon aria-hidden />}
      style={{ flex: "2 1 14rem" }}
    />
  );
}
