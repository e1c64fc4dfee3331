import { VisuallyHidden } from "@mantine/core";
import { EnvelopeClosedIcon, MobileIcon } from "@radix-ui/react-icons";
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Outlet, useLoaderData, useParams, useSearchParams } from "@remix-run/react";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { useAccount } from "../../lib/use-account.ts";
import styles from "./inbox.module.css";
import { ConversationList } from "./list.tsx";
import { listSearch, readList } from "./load.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Inbox · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const [page, unread] = await Promise.all([readList(context.api, query), context.api.inbox.unread()]);
  return { page, unread, now: new Date() };
}

/** What people wrote: the conversations on one side, the one that is open on the other; on a phone one of the two. */
export default function Inbox() {
  const { page, unread, now } = useLoaderData<typeof loader>();
  const [search] = useSearchParams();
  const { id } = useParams();
  const query = listSearch(search);
  const empty = page.rows.length === 0 && query === "" && id === undefined && !search.has("cursor");
  if (empty) return <NothingYet />;
  return (
    <>
      {/* Above both sides, because on a phone one of them is away. */}
      <VisuallyHidden component="h1">Inbox</VisuallyHidden>
      <div className={styles.panes} data-open={id === undefined ? undefined : true}>
        <section className={styles.list} aria-label="All conversations">
          {/* Another choice of conversations is another list. */}
          <ConversationList key={query} page={page} unread={unread} now={now} />
        </section>
        <div className={styles.talk}>
          <Outlet />
        </div>
      </div>
    </>
  );
}

function NothingYet() {
  const phones = useAccount()?.sessions ?? [];
  const linked = phones.some(({ phone }) => phone !== null);
  return (
    <Page
      title="Inbox"
      lead="What people write to your linked phones, and what was answered."
      actions={
        <LinkButton to="/automation/rules" variant="default">
          Automatic answers
        </LinkButton>
      }
    >
      {linked ? (
        <EmptyState
          icon={EnvelopeClosedIcon}
          title="Nobody has written yet"
          action={
            <LinkButton to="/campaigns/new" variant="default">
              Make a campaign
            </LinkButton>
          }
        >
          Whatever somebody writes to your phone appears here by itself, while it is linked. What you write on the phone
          is not shown here.
        </EmptyState>
      ) : (
        <EmptyState
          icon={MobileIcon}
          title="No phone is linked"
          action={<LinkButton to="/link">Link a phone</LinkButton>}
        >
          Once your phone is linked, what people write to it appears here, and you can answer.
        </EmptyState>
      )}
    </Page>
  );
}
