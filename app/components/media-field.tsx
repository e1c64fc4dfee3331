import { Button, Group, Input, Loader, Stack, Text, VisuallyHidden } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { ExclamationTriangleIcon, UploadIcon } from "@radix-ui/react-icons";
import { useFetcher } from "@remix-run/react";
import { useEffect, useRef, useState } from "react";
import type { MediaView } from "#server/media/queries.ts";
import { acceptedExtensions, mediaLimits, mediaTypes } from "#server/media/rules.ts";
import { INTENT_FIELD } from "../lib/form-data.ts";
import type { Answer } from "../lib/submit.server.ts";
import { useHydrated } from "../lib/use-hydrated.ts";
import { TextLink } from "./link-button.tsx";
import { MediaLine } from "./media-look.tsx";

const accepted = Object.fromEntries(
  Object.entries(mediaTypes).map(([type, { extensions }]) => [type, [...extensions]]),
);
const LIMIT = `${mediaLimits.fileBytes / 1024 / 1024} MB`;
export const MEDIA_HINT = `Optional: a PNG or JPG picture, a PDF, or a Word document, up to ${LIMIT}. It goes out as one message with the text under it.`;

/** The page `to` with a file chosen, or with none: for browsers without JavaScript. */
export function pathWithMedia(to: string, mediaId: string): string {
  return `${to}${to.includes("?") ? "&" : "?"}${new URLSearchParams({ media: mediaId })}`;
}

/**
 * The file that goes with a message: a hidden field `name` with its id. A file is uploaded by itself as soon as it is dropped
 * or chosen; without JavaScript on a page of its own, which leads back to `to` with the file's id as `media`.
 * @param media what is attached when the page comes; give the field a `key` if that may change later
 */
export function MediaField({
  name,
  media,
  to,
  error,
  onChange,
}: {
  name: string;
  media: MediaView | null;
  to: string;
  error?: string | undefined;
  onChange?: (media: MediaView | null) => void;
}) {
  const alive = useHydrated();
  const open = useRef<() => void>(null);
  const [sent, setSent] = useState("");
  /** What was attached before the last upload, and the answers that are over by now. */
  const [before, setBefore] = useState(media);
  const [rejected, setRejected] = useState<string | null>(null);
  const { data, state, submit } = useFetcher<Answer<MediaView>>();
  const [over, setOver] = useState(data);

  const answer = data === over ? undefined : data;
  const attached = answer?.value ?? before;
  const refused = Object.values(answer?.result.error ?? {}).flatMap((list) => list ?? []);
  const problem = rejected ?? (refused.join(" ") || null);
  const change = useRef(onChange);
  useEffect(() => {
    change.current = onChange;
  }, [onChange]);
  // After the hidden field has its new value, so that whoever is told can read the whole form.
  const told = useRef(media?.id);
  useEffect(() => {
    if (attached?.id === told.current) return;
    told.current = attached?.id;
    change.current?.(attached);
  }, [attached]);

  const goOn = (from: MediaView | null) => {
    setBefore(from);
    setOver(data);
    setRejected(null);
  };
  const upload = ([file]: File[]) => {
    if (!file) return;
    const body = new FormData();
    body.set(INTENT_FIELD, "upload");
    body.set("file", file);
    goOn(attached);
    setSent(file.name);
    submit(body, { method: "post", action: "/media", encType: "multipart/form-data" });
  };
  const uploading = state !== "idle";
  return (
    <Input.Wrapper
      label="File"
      labelElement="div"
      description={MEDIA_HINT}
      error={problem ?? (attached?.removed ? `${attached.fileName} is not kept any more. Attach it again.` : error)}
      errorProps={{ role: "alert" }}
    >
      <input type="hidden" name={name} value={attached?.id ?? ""} />
      <VisuallyHidden role="status">
        {uploading ? `Uploading ${sent}` : attached && sent ? `${attached.fileName} is attached` : ""}
      </VisuallyHidden>
      {alive ? (
        <Dropzone
          onDrop={upload}
          onReject={([first]) => setRejected(whyNot(first?.file))}
          accept={accepted}
          maxSize={mediaLimits.fileBytes}
          multiple={false}
          disabled={uploading}
          inputProps={{ "aria-label": "File to send", accept: acceptedExtensions.join(",") }}
          openRef={open}
          activateOnClick={false}
          activateOnKeyboard={false}
          enablePointerEvents
          useFsAccessApi={false}
          tabIndex={-1}
          mt={4}
        >
          <Stack align={attached ? "stretch" : "center"} justify="center" mih={96} gap="xs">
            {attached && !uploading && <Attached media={attached} />}
            {!attached && !uploading && (
              <Group gap="xs" justify="center">
                <UploadIcon width={22} height={22} aria-hidden />
                <Text>Drop a file here</Text>
              </Group>
            )}
            {uploading && (
              <Group gap="xs" justify="center" aria-hidden>
                <Loader size="sm" />
                <Text style={{ overflowWrap: "anywhere" }}>Uploading {sent}</Text>
              </Group>
            )}
            <Group gap="xs" justify={attached ? "flex-start" : "center"}>
              <Button
                variant="default"
                size="xs"
                aria-disabled={uploading}
                onClick={() => !uploading && open.current?.()}
              >
                {attached ? "Choose another file" : "Choose a file"}
              </Button>
              {attached && !uploading && (
                <Button variant="subtle" color="red" size="xs" onClick={() => goOn(null)}>
                  Remove the file
                </Button>
              )}
            </Group>
          </Stack>
        </Dropzone>
      ) : (
        <Stack gap="xs" mt={4}>
          {attached && <Attached media={attached} />}
          <Group gap="md">
            <TextLink to={`/media?${new URLSearchParams({ to })}`}>
              {attached ? "Choose another file" : "Choose a file"}
            </TextLink>
            {attached && <TextLink to={pathWithMedia(to, "")}>Remove the file</TextLink>}
          </Group>
        </Stack>
      )}
    </Input.Wrapper>
  );
}

function Attached({ media }: { media: MediaView }) {
  return (
    <Stack gap={6}>
      <MediaLine media={media} />
      {media.scan === "not_scanned" && (
        <Group gap={6} wrap="nowrap" align="flex-start">
          <ExclamationTriangleIcon aria-hidden style={{ flex: "none", marginTop: 4 }} />
          <Text size="sm">Not scanned for viruses: no scanner is set up here. Send only files that you trust.</Text>
        </Group>
      )}
    </Stack>
  );
}

function whyNot(file: File | undefined): string {
  if (!file) return "This cannot be sent.";
  if (file.size > mediaLimits.fileBytes)
    return `${file.name} is larger than ${LIMIT}. Make it smaller, then choose it again.`;
  return `${file.name} cannot be sent. Choose a PNG or JPG picture, a PDF, or a Word document (.doc, .docx).`;
}
