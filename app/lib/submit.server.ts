import type { SubmissionResult } from "@conform-to/react";
import { parseWithZod } from "@conform-to/zod/v4";
import { data, redirect } from "@remix-run/node";
import { z } from "zod";
import { INTENT_FIELD, ownFields } from "./form-data.ts";
import { loginPath } from "./params.ts";
import { redirectWithToast } from "./toast.server.ts";

/** What a form's page hears back: the form it was, its errors with all that was typed, and perhaps a value to show once. */
export interface Answer<R = unknown> {
  intent: string;
  result: SubmissionResult<string[]>;
  /** Of the HTTP answer: a refusal keeps its own. */
  status: number;
  value?: R;
  /** Why it was refused, for pages that have a way out of it. */
  refusal?: { code: string; details: Readonly<Record<string, unknown>> };
}

type Handler<R> = (intent: string, form: FormData) => Promise<Answer<R> | Response>;

interface Done<R> {
  to: string | ((result: R) => string);
  toast?: string | ((result: R) => string);
}

// The body of a refusal (server/errors.ts), as far as a form shows it.
const refusalBody = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).default({}),
  fields: z.record(z.string(), z.string()).default({}),
});

interface Options {
  /** Fields that are not sent back with an error, such as passwords. */
  hide?: string[];
}

/** A form: its fields go to `call`, and then the person goes on to `done`, or stays and is shown the result. */
export function form<S extends z.ZodType, R>(
  schema: S,
  call: (input: z.output<S>) => Promise<R>,
  options: Options & { done: Done<R> },
): Handler<never>;
export function form<S extends z.ZodType, R>(
  schema: S,
  call: (input: z.output<S>) => Promise<R>,
  options?: Options,
): Handler<R>;
export function form<S extends z.ZodType, R>(
  schema: S,
  call: (input: z.output<S>) => Promise<R>,
  options: Options & { done?: Done<R> } = {},
): Handler<R> {
  return async (intent, fields) => {
    const submission = parseWithZod(fields, { schema });
    const { done, hide = [] } = options;
    if (submission.status !== "success") {
      return { intent, result: submission.reply({ hideFields: hide }), status: 400 };
    }
    try {
      const value = await call(submission.value);
      if (done) return await leave(done, value);
      return { intent, result: submission.reply({ resetForm: true }), status: 200, value };
    } catch (thrown) {
      const refusal = await readRefusal(thrown);
      const fieldErrors = Object.fromEntries(Object.entries(refusal.fields).map(([name, text]) => [name, [text]]));
      const formErrors = Object.keys(fieldErrors).length > 0 ? [] : [refusal.message];
      return {
        intent,
        result: submission.reply({ formErrors, fieldErrors, hideFields: hide }),
        status: refusal.status,
        refusal: { code: refusal.code, details: refusal.details },
      };
    }
  };
}

async function leave<R>({ to, toast }: Done<R>, value: R): Promise<Response> {
  const where = typeof to === "string" ? to : to(value);
  if (toast === undefined) return redirect(where);
  return redirectWithToast(where, typeof toast === "string" ? toast : toast(value));
}

/** A refusal reaches routes as a thrown Response; whoever lost the session signs in again; anything else goes on up. */
async function readRefusal(thrown: unknown) {
  if (!(thrown instanceof Response)) throw thrown;
  const body: unknown = await thrown.clone().json();
  if (z.object({ code: z.literal("not_signed_in") }).safeParse(body).success) throw new SignedOut();
  const parsed = refusalBody.safeParse(body);
  if (!parsed.success) throw thrown;
  return { ...parsed.data, status: thrown.status };
}

class SignedOut extends Error {}

/** Runs the handler of the form that was sent. */
export async function submit<R>(request: Request, handlers: Record<string, Handler<R>>) {
  const sent = await request.formData();
  const named = sent.get(INTENT_FIELD);
  const intent = typeof named === "string" ? named : "";
  const handler = Object.hasOwn(handlers, intent) ? handlers[intent] : undefined;
  if (!handler) throw new Response(null, { status: 400 });
  try {
    const answer = await handler(intent, ownFields(sent));
    if (answer instanceof Response) throw answer;
    return data(answer, { status: answer.status });
  } catch (thrown) {
    if (thrown instanceof SignedOut) throw redirect(loginPath(request));
    throw thrown;
  }
}
