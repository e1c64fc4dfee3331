import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { verdicts } from "#server/imports/rules.ts";
import { commitInput, importRef, stageFields, type Upload } from "#server/contacts/schema.ts";
import { formatNumber } from "../../lib/format.ts";
import { idParam, oneOf } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { Preview } from "./preview.tsx";
import { UploadForm } from "./upload-form.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Import contacts · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const { contacts } = context.api;
  const query = new URL(request.url).searchParams;
  if (!query.has("import")) {
    const [lists, staged] = await Promise.all([contacts.lists(), contacts.staged()]);
    return { lists: lists.map(({ id, name }) => ({ id, name })), staged, preview: null };
  }
  const cursor = Number(query.get("cursor"));
  return {
    preview: await contacts.preview({
      importId: idParam("import", query.get("import")),
      verdict: oneOf(query.get("verdict"), verdicts),
      ...(Number.isInteger(cursor) && cursor > 0 ? { cursor } : {}),
    }),
  };
}

export function action({ context, request }: ActionFunctionArgs) {
  const { contacts } = context.api;
  const at = (id: string) => `/contacts/upload?import=${id}`;
  return submit(request, {
    stage: form(stageFields, (fields) => contacts.stage(asForm(fields)), { done: { to: ({ id }) => at(id) } }),
    commit: form(commitInput, contacts.commit, {
      done: {
        to: ({ importId }) => at(importId),
        toast: ({ added, listName }) => `${formatNumber(added)} contacts were added to ${listName}.`,
      },
    }),
    discard: form(importRef, contacts.discard, { done: { to: "/contacts/upload", toast: "The file was discarded." } }),
  });
}

function asForm(fields: Upload): FormData {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value);
  return body;
}

export default function ImportContacts() {
  const data = useLoaderData<typeof loader>();
  return data.preview ? <Preview preview={data.preview} /> : <UploadForm lists={data.lists} staged={data.staged} />;
}
