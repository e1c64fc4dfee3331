import { type DefaultValue, useForm } from "@conform-to/react";
import { getZodConstraint, parseWithZod } from "@conform-to/zod/v4";
import type { z } from "zod";
import { ownFields } from "./form-data.ts";
import type { Answer } from "./submit.server.ts";

interface Options<S extends z.ZodType<unknown, Record<string, unknown>>> {
  schema: S;
  /** Names the form on its page, in its id and in the action. */
  intent: string;
  /** The object that this form is about, where a page has the same form for several: the value of its field `id`. */
  of?: string;
  answer: Answer | undefined;
  defaultValue?: DefaultValue<z.input<S>>;
}

/** A conform form over a schema of the server: the browser checks what the action will check again. */
export function useZodForm<S extends z.ZodType<unknown, Record<string, unknown>>>(options: Options<S>) {
  const { schema, intent, of, answer, defaultValue } = options;
  const answered = answer?.intent === intent && (of === undefined || answer.result.initialValue?.id === of);
  return useForm<z.input<S>, z.output<S>>({
    id: of === undefined ? intent : `${intent}-${of}`,
    lastResult: answered ? answer.result : undefined,
    constraint: getZodConstraint(schema),
    defaultValue,
    shouldValidate: "onBlur",
    shouldRevalidate: "onInput",
    onValidate: ({ formData }) => parseWithZod(ownFields(formData), { schema }),
  });
}
