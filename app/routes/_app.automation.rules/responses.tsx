import { Button, Group, Input, Stack, Text, Textarea, Title } from "@mantine/core";
import { PlusIcon } from "@radix-ui/react-icons";
import { useRef, useState } from "react";
import type { MediaView } from "#server/media/queries.ts";
import { mediaLimits } from "#server/media/rules.ts";
import { TEMPLATE_MAX } from "#server/templates/rules.ts";
import { MediaField } from "../../components/media-field.tsx";
import { formatNumber } from "../../lib/format.ts";
import { insertAt } from "../../lib/text-edit.ts";
import type { RulesPage } from "./load.ts";

const AT_MOST = 10;

/** What the preview shows. */
export interface Said {
  text: string;
  media: MediaView | null;
}

interface Slot {
  key: number;
  text: string;
  mediaId: string;
}

/** The answers of a rule, given in turn: each a text with variables, and perhaps a file. */
export function Responses({
  name,
  start,
  page,
  errorsOf,
  to,
  onSaid,
}: {
  name: string;
  start: readonly { text: string; mediaId: string }[];
  page: RulesPage;
  errorsOf: (prefix: string) => string;
  /** The editor's address, for who chooses a file on a page of its own. */
  to: string;
  onSaid: (said: Said) => void;
}) {
  const [slots, setSlots] = useState<Slot[]>(() => start.map((response, key) => ({ ...response, key })));
  const added = useRef(start.length);
  const files = new Map(
    [...page.files, ...(page.editor?.back?.media ? [page.editor.back.media] : [])].map((file) => [
      file.id as string,
      file,
    ]),
  );
  return (
    <Stack>
      <Stack gap={2}>
        <Title order={2}>It answers</Title>
        {slots.length > 1 && (
          <Text size="sm" c="dimmed">
            In turn: whoever comes next gets the next of them.
          </Text>
        )}
      </Stack>
      {slots.map((slot, n) => (
        <Response
          key={slot.key}
          name={`${name}[${n}]`}
          label={slots.length > 1 ? `Answer ${n + 1}` : "Answer"}
          slot={slot}
          media={files.get(slot.mediaId) ?? null}
          variables={page.variables}
          error={[errorsOf(`${name}[${n}].text`), n === 0 ? errorsOf(name) : ""].find(Boolean) ?? ""}
          to={`${to}&response=${n}`}
          onSaid={onSaid}
          onRemove={slots.length > 1 ? () => setSlots(slots.filter(({ key }) => key !== slot.key)) : null}
        />
      ))}
      {slots.length < AT_MOST && (
        <Group data-needs-script>
          <Button
            variant="default"
            size="xs"
            leftSection={<PlusIcon aria-hidden />}
            onClick={() => {
              added.current += 1;
              setSlots([...slots, { key: added.current, text: "", mediaId: "" }]);
            }}
          >
            Another answer, given in turn
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Response({
  name,
  label,
  slot,
  media,
  variables,
  error,
  to,
  onSaid,
  onRemove,
}: {
  name: string;
  label: string;
  slot: Slot;
  media: MediaView | null;
  variables: readonly string[];
  error: string;
  to: string;
  onSaid: (said: Said) => void;
  onRemove: (() => void) | null;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(slot.text);
  const [file, setFile] = useState(media);
  const say = (next: Partial<Said>) => onSaid({ text, media: file, ...next });
  const write = (next: string) => {
    setText(next);
    say({ text: next });
  };
  const insert = (variable: string) => {
    const field = area.current;
    if (!field) return;
    const { selectionStart: start, selectionEnd: end } = field;
    const entered = field.dataset.entered === "true";
    const next = insertAt(
      { text, start: entered ? start : text.length, end: entered ? end : text.length },
      `{{${variable}}}`,
    );
    field.focus();
    write(next.text);
    requestAnimationFrame(() => field.setSelectionRange(next.start, next.end));
  };
  const most = file ? mediaLimits.captionChars : TEMPLATE_MAX;
  return (
    <Stack gap="xs">
      <Textarea
        ref={area}
        name={`${name}.text`}
        label={label}
        description="A variable is replaced by the person's own value: {{name|friend}} says friend where there is no name."
        value={text}
        onChange={(event) => write(event.currentTarget.value)}
        onFocus={(event) => {
          event.currentTarget.dataset.entered = "true";
          say({});
        }}
        maxLength={TEMPLATE_MAX}
        autosize
        minRows={3}
        rows={4}
        maxRows={12}
        error={
          text.length > most ? `Under a file WhatsApp takes ${formatNumber(most)} characters.` : error || undefined
        }
      />
      <Group gap="xs" role="group" aria-label={`Insert into ${label.toLowerCase()}`} data-needs-script>
        {variables.map((variable) => (
          <Button
            key={variable}
            size="compact-sm"
            radius="xl"
            variant="light"
            leftSection={<PlusIcon aria-hidden />}
            maw="100%"
            onClick={() => insert(variable)}
          >
            {variable}
          </Button>
        ))}
      </Group>
      <Input.Description>
        {formatNumber(text.length)} of {formatNumber(most)} characters.
      </Input.Description>
      <MediaField
        name={`${name}.mediaId`}
        media={media}
        to={to}
        onChange={(attached) => {
          setFile(attached);
          say({ media: attached });
        }}
      />
      {onRemove && (
        <Group>
          <Button variant="subtle" color="red" size="xs" onClick={onRemove}>
            Leave {label.toLowerCase()} out
          </Button>
        </Group>
      )}
    </Stack>
  );
}
