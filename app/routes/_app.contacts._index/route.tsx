import { Group, Stack } from "@mantine/core";
import { PlusIcon, UploadIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { type ShouldRevalidateFunctionArgs, useLoaderData } from "@remix-run/react";
import { useState } from "react";
import { Refused } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { withSearch } from "../../lib/params.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { act } from "./act.server.ts";
import { EmptyAccount, EmptyList, NoMatch } from "./empty.tsx";
import { Filters } from "./filters.tsx";
import { NewList } from "./list-dialogs.tsx";
import { ListActions, ListHead } from "./list-head.tsx";
import { ListRail, ListSelect } from "./list-rail.tsx";
import { readFilters, readPage } from "./load.ts";
import { People } from "./people.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

const FIRST_ROWS = 50;

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data?.list?.name ?? "Contacts"} · MassSender` },
];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const { contacts } = context.api;
  const query = new URL(request.url).searchParams;
  const { listId, search, tag, state } = readFilters(query);
  const [lists, tags, list, page] = await Promise.all([
    contacts.lists(),
    contacts.tags(),
    listId ? contacts.list({ id: listId }) : null,
    readPage(context.api, query, FIRST_ROWS),
  ]);
  const narrowed = Boolean(search || tag || state);
  return {
    lists,
    tags,
    list,
    page,
    narrowed,
    shown: JSON.stringify([listId, search, tag, state, query.get("cursor")]),
  };
}

/** Which columns the table has is no question to the server. */
export function shouldRevalidate({
  currentUrl,
  nextUrl,
  formMethod,
  defaultShouldRevalidate,
}: ShouldRevalidateFunctionArgs) {
  const [before, after] = [currentUrl, nextUrl].map((url) => withSearch(url.searchParams, { column: null }));
  const columnsAlone = !formMethod && before === after && currentUrl.search !== nextUrl.search;
  return columnsAlone ? false : defaultShouldRevalidate;
}

export function action({ context, request }: ActionFunctionArgs) {
  return act(request, context.api.contacts);
}

export default function Contacts() {
  const { lists, tags, list, page, narrowed, shown } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const [making, setMaking] = useState(false);
  const nobody = page.rows.length === 0;
  const general = (
    <>
      <LinkButton to="/contacts/upload" leftSection={<UploadIcon aria-hidden />}>
        Import
      </LinkButton>
      <LinkButton to="/contacts/add" variant="default" leftSection={<PlusIcon aria-hidden />}>
        Add one
      </LinkButton>
      <LinkButton to="/contacts/group" variant="default">
        From a group
      </LinkButton>
      <LinkButton to="/contacts/suppressed" variant="default">
        Opted out
      </LinkButton>
    </>
  );
  const newList = <NewList answer={answer} opened={making} onClose={() => setMaking(false)} />;
  if (nobody && !list && !narrowed && lists.length === 0) {
    return (
      <Page
        title="Contacts"
        actions={
          <LinkButton to="/contacts/suppressed" variant="default">
            Opted out
          </LinkButton>
        }
      >
        <EmptyAccount />
      </Page>
    );
  }
  return (
    <Page
      title={list?.name ?? "Contacts"}
      lead={
        list
          ? undefined
          : "Everybody you know, on whatever list. Campaigns reach those alone who agreed and did not opt out."
      }
      actions={list ? <ListActions list={list} answer={answer} /> : general}
    >
      <Group align="flex-start" gap="lg" wrap="nowrap">
        <ListRail lists={lists} chosen={list?.id} onNew={() => setMaking(true)} />
        <Stack flex={1} miw={0}>
          <ListSelect lists={lists} chosen={list?.id} onNew={() => setMaking(true)} />
          {list && <ListHead list={list} />}
          <Refused answer={answer} intents={["askToConfirm", "doubleOptIn"]} />
          <Filters tags={tags} />
          {nobody && (narrowed ? <NoMatch /> : <EmptyList list={list} />)}
          {!nobody && (
            <People
              key={shown}
              page={page}
              list={list}
              lists={lists}
              tags={tags.map(({ tag }) => tag)}
              narrowed={narrowed}
              answer={answer}
            />
          )}
        </Stack>
      </Group>
      {newList}
    </Page>
  );
}
