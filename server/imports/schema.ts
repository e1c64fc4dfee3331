import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import type { CountryCode } from "../contacts/numbers/phone.ts";
import { limits, verdicts } from "./rules.ts";

export const importRef = z.object({ importId: idSchema("import") }).strict();

const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);

const listName = z.string().trim().min(1, "Give the list a name.").max(100, "Keep the name under 100 characters.");
/** ISO 3166-1 alpha-2; whether there are phone numbers of it is asked where it is used. */
const country = z.custom<CountryCode>(
  (value) => typeof value === "string" && /^[A-Z]{2}$/.test(value),
  "Choose a country.",
);

/**
 * The fields of the upload form. Without `contactListId` a new list is made, named after the file if need be; `country` is
 * that of numbers written without a country code.
 */
export const stageFields = z.object({
  file: z.instanceof(File, { message: "Choose an .xlsx or .csv file." }),
  listName: z.preprocess(blankAsNone, listName.optional()),
  contactListId: z.preprocess(blankAsNone, idSchema("contactList").optional()),
  country: z.preprocess(blankAsNone, country.optional()),
});

const isFormData = (value: unknown) => value instanceof FormData;

/** The upload as it comes over HTTP: the other fields a browser's form carries (its button) are no concern of ours. */
export const stageForm = z
  .custom<FormData>(isFormData, "Send the file as multipart/form-data.")
  .transform((form): unknown => ({
    file: form.get("file"),
    listName: form.get("listName"),
    contactListId: form.get("contactListId"),
    country: form.get("country"),
  }))
  .pipe(stageFields);

/** Reads the stored file again: another sheet of the workbook, another separator. */
export const readInput = importRef
  .extend({
    sheet: z.string().max(100).optional(),
    delimiter: z.enum([",", ";", "\t", "|"]).optional(),
  })
  .strict();

const column = z
  .number()
  .int()
  .min(0, "Choose a column.")
  .max(limits.columns - 1);
const attributes = z
  .array(
    z
      .object({
        at: column,
        name: z
          .string()
          .trim()
          .regex(/^[\p{L}\p{N}_]{1,60}$/u, "Use letters, digits and _ for the name of a variable."),
      })
      .strict(),
  )
  .max(limits.columns);

const taken = new Set(["name", "phone", "phone_e164", "consent"]);

/** What the columns are. No column is two things, and no two variables have one name. */
export const mappingInput = z
  .object({ name: column, phone: column, consent: column, optedOut: column.optional(), attributes })
  .strict()
  .superRefine((mapping, ctx) => {
    const single = (["name", "phone", "consent", "optedOut"] as const).map((field) => ({ field, at: mapping[field] }));
    const used = new Map<number, string>();
    for (const { field, at } of single) {
      if (at === undefined) continue;
      if (used.has(at))
        ctx.addIssue({ code: "custom", path: [field], message: "This column is something else already." });
      used.set(at, field);
    }
    const names = new Set<string>();
    for (const [n, { at, name }] of mapping.attributes.entries()) {
      const issue = (message: string) => ctx.addIssue({ code: "custom", path: ["attributes", n, "name"], message });
      if (used.has(at)) issue("This column is something else already.");
      else if (taken.has(name)) issue(`{{${name}}} stands for something else already. Choose another name.`);
      else if (names.has(name)) issue(`Two columns are named ${name}. Rename one of them.`);
      used.set(at, name);
      names.add(name);
    }
  });

export const mapInput = importRef.extend({ mapping: mappingInput, country: country.nullable().optional() }).strict();

/** Cells of the repair grid, whole rows. */
export const editRowsInput = importRef
  .extend({
    rows: z
      .array(
        z
          .object({
            rowNo: z.number().int().positive(),
            cells: z.array(z.string().max(limits.cellChars + 1)).max(limits.columns),
          })
          .strict(),
      )
      .min(1)
      .max(100),
  })
  .strict();

export const commitInput = importRef
  .extend({
    consentStatement: z
      .string({ message: "Say how these people agreed to get messages from you." })
      .trim()
      .min(10, "Say in a sentence how these people agreed to get messages from you.")
      .max(500, "Keep it under 500 characters."),
  })
  .strict();

const rowCursor = z.number().int().nonnegative();

export const previewInput = importRef
  .extend({ verdict: z.enum(verdicts).optional(), cursor: rowCursor.optional() })
  .strict();

export type Upload = z.infer<typeof stageFields>;
export type ReadInput = z.infer<typeof readInput>;
export type MapInput = z.infer<typeof mapInput>;
export type EditRowsInput = z.infer<typeof editRowsInput>;
export type CommitInput = z.infer<typeof commitInput>;
export type PreviewInput = z.infer<typeof previewInput>;
