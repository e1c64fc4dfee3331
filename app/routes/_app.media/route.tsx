import { getFormProps } from "@conform-to/react";
import { Group, Input, Paper, Stack } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { type ClientActionFunctionArgs, Form, useLoaderData } from "@remix-run/react";
import type { MediaView } from "#server/media/queries.ts";
import { acceptedExtensions } from "#server/media/rules.ts";
import { type UploadFields, uploadFields } from "#server/media/schema.ts";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { MEDIA_HINT, pathWithMedia } from "../../components/media-field.tsx";
import { Page } from "../../components/page.tsx";
import { ownPath } from "../../lib/params.ts";
import { type Answer, form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Attach a file · MassSender" }];

const wayBack = (request: Request) => new URL(request.url).searchParams.get("to");

export function loader({ request }: LoaderFunctionArgs) {
  return { to: ownPath(wayBack(request) ?? "/campaigns/new") };
}

/** With `to` it goes there with the file attached; without, the field that sent it is told of the file. */
export function action({ context, request }: ActionFunctionArgs) {
  const to = wayBack(request);
  const upload = ({ file }: UploadFields): Promise<MediaView> => {
    const body = new FormData();
    body.set("file", file);
    return context.api.media.upload(body);
  };
  return submit<MediaView>(request, {
    upload:
      to === null
        ? form(uploadFields, upload)
        : form(uploadFields, upload, { done: { to: ({ id }) => pathWithMedia(ownPath(to), id) } }),
  });
}

const unreachable: Answer<MediaView> = {
  intent: "upload",
  result: { status: "error", error: { "": ["The server cannot be reached at the moment. Choose the file again."] } },
  status: 503,
};

// A file that did not come through is no reason to lose the page that it was chosen on.
export async function clientAction({ serverAction }: ClientActionFunctionArgs) {
  try {
    return await serverAction<typeof action>();
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return Response.json(unreachable, { status: unreachable.status });
  }
}

/** Attaching a file without JavaScript: a page of its own, which leads back. */
export default function AttachFile() {
  const { to } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const [upload, fields] = useZodForm({ schema: uploadFields, intent: "upload", answer });
  return (
    <Page title="Attach a file" lead="It goes out with the message, the text under it.">
      <Paper maw={640}>
        <Form method="post" encType="multipart/form-data" {...getFormProps(upload)}>
          <Intent name="upload" />
          <Stack>
            <FormError errors={upload.errors} />
            <Input.Wrapper
              id={fields.file.id}
              label="File"
              description={MEDIA_HINT}
              error={fields.file.errors?.join(" ")}
            >
              <input
                id={fields.file.id}
                type="file"
                name={fields.file.name}
                accept={acceptedExtensions.join(",")}
                aria-invalid={fields.file.errors ? true : undefined}
                aria-describedby={fields.file.errors ? `${fields.file.id}-error` : undefined}
              />
            </Input.Wrapper>
            <Group>
              <SubmitButton intent="upload">Attach the file</SubmitButton>
              <TextLink to={to}>Back without a file</TextLink>
            </Group>
          </Stack>
        </Form>
      </Paper>
    </Page>
  );
}
