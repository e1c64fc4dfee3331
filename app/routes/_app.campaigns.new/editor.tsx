import { ActionIcon, Button, Group, Kbd, Stack, Text, Textarea, Tooltip } from "@mantine/core";
import { CodeIcon, FontBoldIcon, FontItalicIcon, PlusIcon, StrikethroughIcon } from "@radix-ui/react-icons";
import { type KeyboardEvent, type RefObject, useRef } from "react";
import {
  inBraces,
  namesOptOut,
  OPT_OUT_LINE,
  TEMPLATE_MAX,
  templateVariables,
  withOptOutLine,
} from "#server/templates/rules.ts";
import { formatNumber } from "../../lib/format.ts";
import { insertAt, type Selected, toggleMark } from "../../lib/text-edit.ts";

const MARKS = [
  { mark: "*", label: "Bold", key: "b", shift: false, icon: FontBoldIcon },
  { mark: "_", label: "Italic", key: "i", shift: false, icon: FontItalicIcon },
  { mark: "~", label: "Struck through", key: "x", shift: true, icon: StrikethroughIcon },
  { mark: "```", label: "Code", key: "e", shift: false, icon: CodeIcon },
] as const;

export type Edit = (change: (now: Selected) => Selected) => void;

/** Changes the text of a field as if somebody had typed it: the form hears of it, and the cursor is where it belongs. */
export function useEdit(area: RefObject<HTMLTextAreaElement>): Edit {
  return (change) => {
    const field = area.current;
    if (!field) return;
    const { value: text, selectionStart: start, selectionEnd: end } = field;
    // A field nobody was in yet is written on at its end.
    const entered = document.activeElement === field || field.dataset.entered === "true";
    const next = change({ text, start: entered ? start : text.length, end: entered ? end : text.length });
    field.focus();
    field.setRangeText(next.text, 0, text.length, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.setSelectionRange(next.start, next.end);
  };
}

/** The text of the message: marks for WhatsApp's formatting, and each variable as a chip that writes it where the cursor is. */
export function Editor({
  text,
  onText,
  variables,
  most,
  longest,
  problem,
}: {
  text: string;
  onText: (text: string) => void;
  /** Null for a group's chat: one text for everybody. */
  variables: readonly string[] | null;
  /** How many characters WhatsApp takes: fewer under a file. */
  most: number;
  longest: { name: string; length: number } | null;
  problem: string | null;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const edit = useEdit(area);
  const unknown = templateVariables(text).filter((name) => !(variables ?? []).includes(name));
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const found = MARKS.find(({ key, shift }) => key === event.key.toLowerCase() && shift === event.shiftKey);
    if (!found) return;
    event.preventDefault();
    edit((now) => toggleMark(now, found.mark));
  };
  const unknownWords =
    unknown.length > 0
      ? `${variables ? "Nobody who was chosen has" : "A group's chat has no"} ${inBraces(unknown)}${variables ? ". Use one of the buttons below." : "."}`
      : null;
  const tooLong =
    longest && longest.length > most
      ? `For ${longest.name} it has ${formatNumber(longest.length)} characters; WhatsApp takes ${formatNumber(most)}${most < TEMPLATE_MAX ? " with a file" : ""}.`
      : null;
  const error = [unknownWords, tooLong, problem].filter((words) => words !== null).join(" ");
  return (
    <Stack gap="xs">
      <Group gap={4} role="toolbar" aria-label="Formatting" data-needs-script>
        {MARKS.map(({ mark, label, key, shift, icon: Sign }) => (
          <Tooltip
            key={mark}
            label={
              <>
                {label} <Kbd size="xs">Ctrl</Kbd> {shift && <Kbd size="xs">Shift</Kbd>}{" "}
                <Kbd size="xs">{key.toUpperCase()}</Kbd>
              </>
            }
          >
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={label}
              aria-keyshortcuts={`Control+${shift ? "Shift+" : ""}${key.toUpperCase()}`}
              onClick={() => edit((now) => toggleMark(now, mark))}
            >
              <Sign aria-hidden />
            </ActionIcon>
          </Tooltip>
        ))}
      </Group>
      <Textarea
        ref={area}
        name="templateText"
        label="Message"
        description={
          variables
            ? "A variable is replaced by each person's own value. {{name|friend}} says friend where there is no name."
            : "The same text for everybody in the group."
        }
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        onFocus={(event) => {
          event.currentTarget.dataset.entered = "true";
        }}
        onKeyDown={onKeyDown}
        error={error === "" ? undefined : error}
        maxLength={TEMPLATE_MAX}
        autosize
        minRows={6}
        // Of a page that is not alive: nothing sizes it there.
        rows={8}
        maxRows={16}
        spellCheck
      />
      <Group gap="xs" role="group" aria-label="Insert" data-needs-script>
        {(variables ?? []).map((name) => (
          <Chip key={name} label={name} onClick={() => edit((now) => insertAt(now, `{{${name}}}`))} />
        ))}
        {!namesOptOut(text) && (
          <Chip
            label={OPT_OUT_LINE.replace(/\.$/, "")}
            color="gray"
            onClick={() =>
              edit(({ text: before }) => {
                const after = withOptOutLine(before);
                return { text: after, start: after.length, end: after.length };
              })
            }
          />
        )}
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {formatNumber(text.length)} of {formatNumber(most)} characters{most < TEMPLATE_MAX && " (with a file)"}
        {longest &&
          longest.length !== text.length &&
          `; the longest has ${formatNumber(longest.length)}, for ${longest.name}`}
        .
      </Text>
    </Stack>
  );
}

function Chip({ label, color, onClick }: { label: string; color?: string; onClick: () => void }) {
  return (
    <Button
      size="compact-sm"
      radius="xl"
      variant={color ? "default" : "light"}
      leftSection={<PlusIcon aria-hidden />}
      styles={{ section: { marginInlineEnd: 4 }, label: { whiteSpace: "normal", overflowWrap: "anywhere" } }}
      maw="100%"
      onClick={onClick}
    >
      {label}
    </Button>
  );
}
