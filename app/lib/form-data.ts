/** The field that names which of a page's forms was sent. It is no field of any schema. */
export const INTENT_FIELD = "intent";

/** A form's own fields: schemas are strict and know no intent. */
export function ownFields(form: FormData): FormData {
  const fields = new FormData();
  for (const [name, value] of form) if (name !== INTENT_FIELD) fields.append(name, value);
  return fields;
}
