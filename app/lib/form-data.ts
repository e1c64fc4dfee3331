/** The field that names which of a page's forms was sent. It is no field of any schema. */
export const INTENT_FIELD = "intent";

/**
 * A form's own fields: schemas are strict and know no intent. Browsers send the line ends of a text as CR LF, whatever was
 * typed; here they are what the page and WhatsApp count, one character.
 */
export function ownFields(form: FormData): FormData {
  const fields = new FormData();
  for (const [name, value] of form) {
    if (name !== INTENT_FIELD) fields.append(name, typeof value === "string" ? value.replaceAll("\r\n", "\n") : value);
  }
  return fields;
}
