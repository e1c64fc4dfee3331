import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { unwritable } from "./rules.ts";

const ADDRESS_LINES = 6;

/** Text that a receipt can show, composed (NFC), without spaces around it. */
export const receiptText = (max: number) =>
  z
    .string()
    .transform((text) => text.normalize("NFC").replace(/\r\n?/g, "\n").trim())
    .refine((text) => text.length <= max, `Write it with at most ${max} characters.`)
    .superRefine((text, ctx) => {
      const [first] = unwritable(text);
      if (first === undefined) return;
      ctx.addIssue({
        code: "custom",
        message: `A receipt cannot show “${first}”. Write it in Latin, Greek or Cyrillic letters.`,
      });
    });

const oneLine = (max: number) => receiptText(max).refine((text) => !text.includes("\n"), "Write it in one line.");

/** Who receipts are made out to. What is left empty is left out. */
export const billingDetailsInput = z
  .object({
    name: oneLine(120).default(""),
    address: receiptText(300)
      .refine((text) => text.split("\n").length <= ADDRESS_LINES, `Write it in at most ${ADDRESS_LINES} lines.`)
      .default(""),
    taxId: oneLine(60).default(""),
  })
  .strict();
export type BillingDetails = z.output<typeof billingDetailsInput>;

export const receiptsInput = z
  .object({ cursor: idSchema("invoice").optional() })
  .strict()
  .default({});
