import { Button, Group } from "@mantine/core";
import { DownloadIcon, MagnifyingGlassIcon, PersonIcon, UploadIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import sample from "../../../examples/classmates.xlsx?url&no-inline";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { withSearch } from "../../lib/params.ts";
import type { ContactList } from "./load.ts";

/** Nobody at all: how people come in, and a file to try it with. */
export function EmptyAccount() {
  return (
    <EmptyState
      icon={PersonIcon}
      title="No contacts yet"
      action={
        <Group gap="sm" justify="center">
          <LinkButton to="/contacts/upload" leftSection={<UploadIcon aria-hidden />}>
            Import contacts
          </LinkButton>
          <LinkButton to="/contacts/add" variant="default">
            Add one by hand
          </LinkButton>
          <Button
            component="a"
            href={sample}
            download="classmates.xlsx"
            variant="default"
            leftSection={<DownloadIcon aria-hidden />}
          >
            Sample file
          </Button>
        </Group>
      }
    >
      Import an Excel or CSV file with a name, a phone number and the consent of each person. You see what becomes of
      every row before anything is kept.
    </EmptyState>
  );
}

export function EmptyList({ list }: { list: ContactList | null }) {
  const to = list ? `?list=${list.id}` : "";
  return (
    <EmptyState
      icon={PersonIcon}
      title={list ? `Nobody is on ${list.name} yet` : "No contacts yet"}
      action={
        <Group gap="sm" justify="center">
          <LinkButton to={`/contacts/upload${to}`} leftSection={<UploadIcon aria-hidden />}>
            {list ? "Import into this list" : "Import contacts"}
          </LinkButton>
          <LinkButton to={`/contacts/add${to}`} variant="default">
            Add one by hand
          </LinkButton>
        </Group>
      }
    >
      {list
        ? "Import a file into it, or choose people among your contacts and put them on it."
        : "Your lists are empty. Import a file, or add somebody by hand."}
    </EmptyState>
  );
}

export function NoMatch() {
  const [search] = useSearchParams();
  const words = search.get("search");
  return (
    <EmptyState
      icon={MagnifyingGlassIcon}
      title="Nobody matches"
      action={
        <LinkButton
          to={withSearch(search, { search: null, tag: null, state: null, cursor: null })}
          variant="default"
          replace
        >
          Show everybody
        </LinkButton>
      }
    >
      {words
        ? `Nobody here has a name with a word that begins “${words}”, or a number that begins or ends so.`
        : "Nobody here is as you asked."}
    </EmptyState>
  );
}
