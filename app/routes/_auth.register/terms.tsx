import type { FieldMetadata } from "@conform-to/react";
import { Anchor, Button, Checkbox, Group, List, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useEarlierTick } from "../../lib/use-earlier.ts";

/** What a person agrees to, in plain words. */
export function TermsText() {
  return (
    <Stack gap="sm">
      <Text>
        MassSender sends through your own WhatsApp account, as a linked device. Before you use it you should know what
        that means.
      </Text>
      <List spacing="xs">
        <List.Item>
          <b>It is against WhatsApp's terms.</b> WhatsApp forbids bulk and automated messages over the consumer app. It
          can restrict or ban your account, for good and without notice. MassSender sends slowly and few, but nothing it
          does makes this allowed. Only the official Cloud API does.
        </List.Item>
        <List.Item>
          <b>Only people who agreed.</b> You send only to people who asked for your messages or clearly agreed to them,
          and you can show how and when. Bought, scraped or guessed numbers are not agreement.
        </List.Item>
        <List.Item>
          <b>A stop is a stop.</b> Whoever writes STOP is left out of everything from then on. You cannot lift that;
          only they can, by writing START.
        </List.Item>
        <List.Item>
          <b>The law where you are.</b> You answer for the messages and for the personal data you upload, including
          consent, information and deletion.
        </List.Item>
        <List.Item>
          <b>The limits stay.</b> 200 recipients a campaign and 500 messages a day for each phone number cannot be
          raised.
        </List.Item>
      </List>
    </Stack>
  );
}

/** The acceptance: ticking it shows the terms first. Without JavaScript it is a plain checkbox under the terms. */
export function TermsField({ meta }: { meta: FieldMetadata<true | undefined> }) {
  const [opened, { open, close }] = useDisclosure(false);
  const [accepted, setAccepted] = useState(meta.initialValue === "on");
  // Ticked before the page was alive: the terms are shown all the same.
  const box = useEarlierTick(accepted, (early) => {
    early.checked = accepted;
    open();
  });
  const accept = () => {
    setAccepted(true);
    close();
  };
  return (
    <>
      <Checkbox
        ref={box}
        autoComplete="off"
        id={meta.id}
        name={meta.name}
        value="on"
        checked={accepted}
        onChange={(event) => (event.currentTarget.checked ? open() : setAccepted(false))}
        error={meta.errors?.join(" ")}
        label={
          <>
            I have read and accept the terms, and I will message only people who agreed.{" "}
            <Anchor component="button" type="button" underline="always" fz="inherit" onClick={open}>
              Read the terms
            </Anchor>
          </>
        }
      />
      <Modal opened={opened} onClose={close} size="lg" title={<Text fw={650}>Before you send anything</Text>}>
        <Stack>
          <TermsText />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Not now
            </Button>
            <Button onClick={accept}>I understand and accept</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
