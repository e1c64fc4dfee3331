import { type DefaultValue, useForm } from "@conform-to/react";
import { getZodConstraint, parseWithZod } from "@conform-to/zod/v4";
import type { z } from "zod";
import { ownFields } from "./form-data.ts";
import type { Answer } from "./submit.server.ts";

interface Options<S extends z.ZodType<unknown, Record<string, unknown>>> {
  schema: S;
  /** Names the form on its page, in its id and in the action. */
  intent: string;
  answer: Answer | undefined;
  defaultValue?: DefaultValue<z.input<S>>;
}

/** A conform form over a schema of the server: the browser checks what the action will check again. */
export function useZodForm<S extends z.ZodType<unknown, Record<string, unknown>>>(options: Options<S>) {
  const { schema, intent, answer, defaultValue } = options;
  return useForm<z.input<S>, z.output<S>>({
    id: intent,
    lastResult: answer?.intent === intent ? answer.result : undefined,
    constraint: getZodConstraint(schema),
    defaultValue,
    shouldValidate: "onBlur",
    shouldRevalidate: "onInput",
    onValidate: ({ formData }) => parseWithZod(ownFields(formData), { schema }),
  });
}
