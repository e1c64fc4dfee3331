import { z } from "zod";
import { addInput, updateInput } from "#server/contacts/schema.ts";

// A form has rows of a name and a value, where the API has one object.
const attribute = z.object({
  name: z
    .string({ error: "Name it, or take it away." })
    .trim()
    .regex(/^[\p{L}\p{N}_]{1,60}$/u, "Use letters, digits and _ alone."),
  value: z.string().trim().max(1_000, "At most 1,000 characters.").optional(),
});
const attributeRows = z
  .array(attribute)
  .max(50, "At most 50 attributes.")
  .refine((rows) => new Set(rows.map(({ name }) => name)).size === rows.length, "Two attributes have the same name.")
  .default([]);

const { name, phone, tags, listIds, consentStatement } = addInput.shape;
const person = { name, phone, tags, attributes: attributeRows };

/** The form that changes a person. */
export const editFields = z.object({ id: updateInput.shape.id, ...person }).strict();
/** The form that adds one. */
export const addFields = z.object({ ...person, listIds, consentStatement }).strict();

/** Rows of a form as the API takes them. A row without a value is an attribute that nobody knows. */
export function toAttributes(rows: z.output<typeof attributeRows>): Record<string, string> {
  return Object.fromEntries(rows.flatMap(({ name: key, value }) => (value ? [[key, value]] : [])));
}
