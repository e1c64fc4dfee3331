import { Alert, Box, Stack } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import { Fragment, type MouseEvent } from "react";
import { LinkButton } from "../../components/link-button.tsx";
import { withSearch } from "../../lib/params.ts";
import { useTimeZone } from "../../lib/use-account.ts";
import { dayWords, sameDay } from "../_app.inbox/short-moment.tsx";
import { Bubble } from "./bubble.tsx";
import { type Conversation, calledBy } from "./load.ts";
import styles from "./talk.module.css";
import { useThread } from "./use-thread.ts";

/** What was said, the oldest first, from the end on; what comes is told by itself. */
export function Thread({ conversation }: { conversation: Conversation }) {
  const tz = useTimeZone();
  const [search] = useSearchParams();
  const { messages, earlierCursor, loading, failed, loadEarlier } = useThread(conversation.id, conversation);
  const name = calledBy(conversation);
  const earlier = (event: MouseEvent) => {
    event.preventDefault();
    loadEarlier();
  };
  return (
    // Whoever has no mouse scrolls it, so it takes the focus.
    <Box className={styles.log} role="log" aria-label={`Messages with ${name}`} aria-busy={loading} tabIndex={0}>
      <ol className={styles.messages}>
        {(earlierCursor !== null || failed) && (
          <li>
            <Stack align="center" gap="xs" w="100%">
              {failed && (
                <Alert color="red" role="alert" icon={<ExclamationTriangleIcon aria-hidden />}>
                  The earlier messages did not come. The connection may be interrupted.
                </Alert>
              )}
              <LinkButton
                to={withSearch(search, { before: earlierCursor })}
                onClick={earlier}
                loading={loading}
                variant="default"
                size="xs"
                preventScrollReset
              >
                {failed ? "Try again" : "Earlier messages"}
              </LinkButton>
            </Stack>
          </li>
        )}
        {messages.map((message, n) => {
          const before = messages[n - 1];
          return (
            <Fragment key={message.id}>
              {(!before || !sameDay(before.at, message.at, tz)) && (
                <li>
                  <span className={styles.day} suppressHydrationWarning>
                    {dayWords(message.at, tz)}
                  </span>
                </li>
              )}
              <li data-mine={message.from === "us" || undefined}>
                <Bubble message={message} name={name} composer={conversation.composer} />
              </li>
            </Fragment>
          );
        })}
        {search.has("before") && (
          <li>
            <LinkButton to={withSearch(search, { before: null })} variant="default" size="xs">
              To the newest messages
            </LinkButton>
          </li>
        )}
      </ol>
    </Box>
  );
}
