import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { type ClientActionFunctionArgs, useLoaderData } from "@remix-run/react";
import { commitInput, importRef, readInput, stageFields, type Upload } from "#server/imports/schema.ts";
import { INTENT_FIELD } from "../../lib/form-data.ts";
import { count } from "../../lib/format.ts";
import { type Answer, form, submit } from "../../lib/submit.server.ts";
import { Committed, Over } from "./ended.tsx";
import { loadUpload } from "./load.ts";
import { columnsForm, mappingOf } from "./mapping/choices.ts";
import { ColumnsScreen } from "./mapping/columns-screen.tsx";
import { Reading } from "./reading.tsx";
import { repairForm } from "./repair/repair-form.ts";
import { Staged } from "./staged.tsx";
import { UploadForm } from "./upload-form.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Import contacts · MassSender" }];

export function loader({ context, request }: LoaderFunctionArgs) {
  return loadUpload(context.api, new URL(request.url).searchParams, context.user?.tz ?? context.defaultTz);
}

interface Judged {
  id: string;
  counts: { invalid: number };
}
// What is wrong is looked at first.
const at = ({ id, counts }: Judged) => `${page(id)}${counts.invalid > 0 ? "&verdict=invalid" : ""}`;
const page = (id: string) => `/contacts/upload?import=${id}`;

export function action({ context, request }: ActionFunctionArgs) {
  const { imports } = context.api;
  return submit(request, {
    stage: form(stageFields, (fields) => imports.stage(asForm(fields)), { done: { to: at } }),
    read: form(readInput, imports.read, { done: { to: ({ id }) => page(id) } }),
    map: form(
      columnsForm,
      ({ importId, country, columns }) =>
        imports.map({ importId, country: country ?? null, mapping: mappingOf(columns) }),
      { done: { to: at } },
    ),
    edit: form(repairForm, imports.editRows),
    commit: form(commitInput, imports.commit, {
      done: {
        to: ({ importId }) => page(importId),
        toast: ({ added, listName, withdrawn, suppressed }) =>
          [
            (added > 0 || withdrawn + suppressed === 0) &&
              `${count(added, "contact was", "contacts were")} added to ${listName}.`,
            withdrawn > 0 && `${count(withdrawn, "person", "people")} took their consent back.`,
            suppressed > 0 && `${count(suppressed, "person is", "people are")} never messaged any more.`,
          ]
            .filter(Boolean)
            .join(" "),
      },
    }),
    undo: form(importRef, imports.undo, {
      done: {
        to: `/contacts/upload${new URL(request.url).search}`,
        toast: ({ removed, restored, kept }) =>
          `Undone: ${count(removed, "contact")} removed, ${restored} set back as they were` +
          (kept > 0 ? `, ${kept} kept.` : "."),
      },
    }),
    discard: form(importRef, imports.discard, { done: { to: "/contacts/upload", toast: "The file was discarded." } }),
  });
}

function asForm(fields: Upload): FormData {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value);
  return body;
}

const unreachable: Answer = {
  intent: "edit",
  result: { status: "error", error: { "": ["The server cannot be reached at the moment."] } },
  status: 503,
};

// A grid that cannot reach the server keeps what was typed and says so; any other form that fails is a page that failed.
export async function clientAction({ request, serverAction }: ClientActionFunctionArgs) {
  const sent = await request.clone().formData();
  try {
    return await serverAction<typeof action>();
  } catch (thrown) {
    if (sent.get(INTENT_FIELD) !== "edit" || !(thrown instanceof TypeError)) throw thrown;
    // As a response, whose status keeps the page's data from being asked for in vain.
    return Response.json(unreachable, { status: unreachable.status });
  }
}

export default function ImportContacts() {
  const loaded = useLoaderData<typeof loader>();
  if (!loaded.preview) return <UploadForm lists={loaded.lists} recent={loaded.recent} countries={loaded.countries} />;
  const { preview, undo, countries } = loaded;
  if (countries) return <ColumnsScreen preview={preview} countries={countries} />;
  switch (preview.status) {
    case "reading":
      return <Reading preview={preview} />;
    case "committed":
      return <Committed preview={preview} undo={undo} />;
    case "staged":
      return <Staged preview={preview} />;
    case "undone":
    case "discarded":
    case "failed":
    // One without a choice of countries is no mapping.
    case "mapping":
      return <Over preview={preview} />;
  }
}
