import { parseWithZod } from "@conform-to/zod/v4";
import type { ActionFunctionArgs } from "@remix-run/node";
import { ownFields } from "../../lib/form-data.ts";
import { oneOf } from "../../lib/params.ts";
import { saveStep, stepForms, steps } from "../_app.campaigns.new/forms.ts";

/** Where the wizard saves by itself. What is refused is answered like every refusal, `message` in its body. */
export async function action({ context, request }: ActionFunctionArgs) {
  const search = new URL(request.url).searchParams;
  const step = oneOf(search.get("step"), steps) ?? "audience";
  const submission = parseWithZod(ownFields(await request.formData()), { schema: stepForms[step] });
  if (submission.status !== "success") {
    const errors = Object.values(submission.error ?? {}).flatMap((list) => list ?? []);
    return Response.json({ code: "invalid_input", message: errors.join(" ") }, { status: 400 });
  }
  try {
    const { id, version } = await saveStep(context.api, search.get("draft"), submission.value);
    return Response.json({ id, version, at: new Date() });
  } catch (thrown) {
    // A thrown answer would look for an error page.
    if (thrown instanceof Response) return thrown;
    throw thrown;
  }
}
