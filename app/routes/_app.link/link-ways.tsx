import { getFormProps, getInputProps } from "@conform-to/react";
import { Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { CameraIcon, KeyboardIcon } from "@radix-ui/react-icons";
import { Form, Link, useSearchParams } from "@remix-run/react";
import { againByCodeInput, againByQrInput, linkByCodeInput } from "#server/wa/schema.ts";
import { TextField } from "../../components/field.tsx";
import { ButtonForm, FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { Session } from "./sessions.ts";

type Again = { session: Session; answer: Answer | undefined };

/** The search parameter that says for which session the form with the number is open. */
const CODE = "code";
const NEW = "new";

const scanHint = "You scan a code on this screen with the phone's camera.";
const typeHint =
  "You type eight characters into WhatsApp. For a phone without a camera, or when WhatsApp is on this one.";

/** Whether the form for a code to type is open for this session, and the addresses that open and close it. */
export function useCodeForm(id: string) {
  const [search] = useSearchParams();
  return {
    open: search.get(CODE) === id,
    opened: withSearch(search, { [CODE]: id }),
    closed: withSearch(search, { [CODE]: null }),
    left: withSearch(search, { [CODE]: null, add: null }),
  };
}

/**
 * The two ways to link a phone: a new one, or one that was linked before. Which of them is chosen is in the address, so
 * it works without scripts and no reload of data loses it.
 */
export function LinkWays({
  session,
  answer,
  canLeave = false,
}: {
  session?: Session;
  answer: Answer | undefined;
  canLeave?: boolean;
}) {
  const { open, opened, closed, left } = useCodeForm(session?.id ?? NEW);
  const ways = [
    { word: "Scan a QR code", icon: CameraIcon, to: closed, here: !open },
    { word: "Type a code on the phone", icon: KeyboardIcon, to: opened, here: open },
  ];
  return (
    <Stack>
      <Group role="group" aria-label="How to link it" gap="xs">
        {ways.map(({ word, icon: Sign, to, here }) => (
          <Button
            key={word}
            component={Link}
            to={to}
            preventScrollReset
            size="sm"
            radius="xl"
            variant={here ? "light" : "default"}
            aria-current={here ? "true" : undefined}
            leftSection={<Sign aria-hidden />}
          >
            {word}
          </Button>
        ))}
      </Group>
      <Text size="sm" c="dimmed">
        {open ? typeHint : scanHint}
      </Text>
      {session &&
        (open ? <AgainByCode session={session} answer={answer} /> : <AgainByQr session={session} answer={answer} />)}
      {!session &&
        (open ? (
          <FirstByCode answer={answer} leave={canLeave ? left : null} />
        ) : (
          <FirstByQr leave={canLeave ? left : null} />
        ))}
    </Stack>
  );
}

function Leave({ to }: { to: string | null }) {
  if (to === null) return null;
  return (
    <LinkButton to={to} variant="default" preventScrollReset>
      Not now
    </LinkButton>
  );
}

function FirstByQr({ leave }: { leave: string | null }) {
  return (
    <Group gap="sm">
      <ButtonForm intent="link">
        <SubmitButton intent="link">Show the QR code</SubmitButton>
      </ButtonForm>
      <Leave to={leave} />
    </Group>
  );
}

const numberField = {
  type: "tel",
  label: "Number of the phone",
  description: "With + and country code. Only this phone can use the code.",
  placeholder: "+62 812 0000 0001",
  autoComplete: "tel",
  maw: 360,
} as const;

function FirstByCode({ answer, leave }: { answer: Answer | undefined; leave: string | null }) {
  const [form, fields] = useZodForm({ schema: linkByCodeInput, intent: "link_by_code", answer });
  return (
    <Form method="post" preventScrollReset {...getFormProps(form)}>
      <Intent name="link_by_code" />
      <Stack>
        <FormError errors={form.errors} />
        <TextField meta={fields.by} {...numberField} />
        <Group gap="sm">
          <SubmitButton intent="link_by_code">Get a code</SubmitButton>
          <Leave to={leave} />
        </Group>
      </Stack>
    </Form>
  );
}

/** The user's word that another phone than before is meant. Without it another one is refused, and unlinked again at once. */
function ReplacePhone({
  phone,
  field,
  onChange,
}: {
  phone: string | null;
  field: Parameters<typeof getInputProps>[0];
  onChange?: () => void;
}) {
  if (phone === null) return null;
  const { key: _key, ...props } = getInputProps(field, { type: "checkbox" });
  return (
    <Checkbox
      key={field.key}
      {...props}
      onChange={onChange}
      label={`Link another phone in place of ${phone}`}
      description="Leave it empty to link the same phone again. With it, the campaigns of this phone go out from the other number."
    />
  );
}

function AgainByQr({ session, answer }: Again) {
  const [form, fields] = useZodForm({
    schema: againByQrInput,
    intent: "new_qr",
    of: session.id,
    answer,
    defaultValue: { id: session.id },
  });
  return (
    <Form method="post" preventScrollReset {...getFormProps(form)}>
      <Intent name="new_qr" />
      <input type="hidden" name={fields.id.name} value={session.id} />
      <Stack>
        <FormError errors={form.errors} />
        <ReplacePhone phone={session.phone} field={fields.replacePhone} />
        <Group>
          <SubmitButton intent="new_qr" id={session.id}>
            Show a new QR code
          </SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

/** Asks for a code to type. While one code or another is shown, what was agreed about the phone stays agreed. */
export function AgainByCode({ session, answer, waiting = false }: Again & { waiting?: boolean }) {
  const [form, fields] = useZodForm({
    schema: againByCodeInput,
    intent: "new_code",
    of: session.id,
    answer,
    defaultValue: { id: session.id, by: session.pairingPhone ?? session.phone ?? "" },
  });
  return (
    <Form method="post" preventScrollReset {...getFormProps(form)}>
      <Intent name="new_code" />
      <input type="hidden" name={fields.id.name} value={session.id} />
      <Stack>
        <FormError errors={form.errors} />
        <TextField meta={fields.by} {...numberField} />
        {!waiting && (
          <ReplacePhone
            phone={session.phone}
            field={fields.replacePhone}
            // It may settle what the number was refused for. Left to the next blur, the button would move under the pointer.
            onChange={() => form.validate({ name: fields.by.name })}
          />
        )}
        <Group>
          <SubmitButton intent="new_code" id={session.id}>
            Get a code
          </SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}
