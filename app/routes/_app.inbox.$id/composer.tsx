import { Alert, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { ClockIcon, ExclamationTriangleIcon, FileTextIcon, PaperPlaneIcon } from "@radix-ui/react-icons";
import { Form, useLocation } from "@remix-run/react";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import type { MediaView } from "#server/media/queries.ts";
import { FormError, Intent, SubmitButton, usePending } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { MediaField } from "../../components/media-field.tsx";
import { Moment } from "../../components/moment.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useWhenDone } from "../../lib/use-when-done.ts";
import { type Conversation, calledBy } from "./load.ts";
import styles from "./talk.module.css";

// Of this tab, in the browser alone: what was begun to be written to somebody waits while another conversation is open.
const begun = new Map<string, string>();

type Problem = NonNullable<Conversation["composer"]["problem"]>;

/** Where what keeps one from answering can be changed. */
function remedyOf({ code }: Problem, { contactId }: Conversation): { to: string; words: string } | null {
  switch (code) {
    case "reply_no_consent":
      return contactId && { to: `/contacts/${contactId}`, words: "Record how they agreed" };
    case "plan_expired":
      return { to: "/billing/wallet", words: "To the wallet" };
    case "reply_phone":
    case "account_restricted":
      return { to: "/link", words: "To the Link page" };
    case "reply_closed":
      return { to: "/settings/schedule", words: "To the active hours" };
    case "opted_out":
    case "daily_cap_reached":
      return null;
  }
}

/** Where an answer is written; or why none can be. */
export function Composer({
  conversation,
  media,
  answer,
}: {
  conversation: Conversation;
  media: MediaView | null;
  answer: Answer | undefined;
}) {
  const { problem } = conversation.composer;
  const remedy = problem && remedyOf(problem, conversation);
  if (problem === null) return <WriteForm conversation={conversation} media={media} answer={answer} />;
  return (
    <div className={styles.foot}>
      <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />} title="You cannot answer now">
        {problem.sentence} {remedy && <TextLink to={remedy.to}>{remedy.words}</TextLink>}
      </Alert>
    </div>
  );
}

function WriteForm({
  conversation,
  media,
  answer,
}: {
  conversation: Conversation;
  media: MediaView | null;
  answer: Answer | undefined;
}) {
  const { id, replyKey, composer } = conversation;
  const form = useRef<HTMLFormElement>(null);
  const pending = usePending("reply");
  const mine = answer?.intent === "reply" && answer.result.status === "error" ? answer : undefined;
  const [text, setText] = useState(() => begun.get(id) ?? typed(mine));
  const [attaching, setAttaching] = useState(media !== null);
  const [attached, setAttached] = useState(media);
  const [sent, setSent] = useState(0);
  const { pathname } = useLocation();
  const write = (next: string) => {
    setText(next);
    begun.set(id, next);
  };
  useWhenDone("reply", answer, () => {
    write("");
    setAttaching(false);
    setAttached(null);
    setSent(sent + 1);
  });
  const onKeyDown = (event: KeyboardEvent) => {
    // Who writes with a keyboard on the glass has no other way to a new line.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || !hasKeyboard()) return;
    event.preventDefault();
    if (!pending && (text.trim() !== "" || attached)) form.current?.requestSubmit();
  };
  return (
    <div className={styles.foot}>
      <Form method="post" preventScrollReset ref={form}>
        <Intent name="reply" />
        <input type="hidden" name="id" value={id} />
        <input type="hidden" name="key" value={replyKey} />
        <Stack gap="xs">
          <FormError errors={mine?.result.error?.[""] ?? undefined} />
          {composer.waitsUntil && (
            <Note>
              Outside your active hours: what you write waits until <Moment at={composer.waitsUntil} />.
            </Note>
          )}
          {composer.offline && (
            <Note>The phone is not connected at the moment. What you write leaves when it is back.</Note>
          )}
          <Textarea
            name="text"
            aria-label={`Your answer to ${calledBy(conversation)}`}
            placeholder="Write an answer"
            autosize
            minRows={2}
            maxRows={6}
            value={text}
            onChange={({ currentTarget: { value } }) => write(value)}
            onKeyDown={onKeyDown}
            error={mine?.result.error?.text?.join(" ")}
          />
          {attaching ? (
            <MediaField key={sent} name="mediaId" media={media} to={pathname} onChange={setAttached} />
          ) : (
            <noscript>
              <MediaField name="mediaId" media={null} to={pathname} />
            </noscript>
          )}
          <Group justify="space-between" gap="xs">
            <Group gap="sm">
              {!attaching && (
                <Button
                  data-needs-script
                  variant="default"
                  size="xs"
                  leftSection={<FileTextIcon aria-hidden />}
                  onClick={() => setAttaching(true)}
                >
                  Attach a file
                </Button>
              )}
              <Text size="xs" c="dimmed" visibleFrom="md">
                Enter sends, Shift+Enter begins a new line
              </Text>
            </Group>
            <SubmitButton intent="reply" size="sm" leftSection={<PaperPlaneIcon aria-hidden />}>
              Send
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
    </div>
  );
}

/** What was sent and refused. */
function typed(answer: Answer | undefined): string {
  const text = answer?.result.initialValue?.text;
  return typeof text === "string" ? text : "";
}

const hasKeyboard = () => window.matchMedia("(hover: hover) and (pointer: fine)").matches;

function Note({ children }: { children: ReactNode }) {
  return (
    <Group gap={6} wrap="nowrap" align="flex-start" role="status">
      <ClockIcon aria-hidden style={{ flex: "none", marginTop: 4 }} />
      <Text size="sm">{children}</Text>
    </Group>
  );
}
