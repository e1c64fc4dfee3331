import { DomainError } from "../../errors.ts";

/** A refusal of a file's content, told at the field it was chosen in. */
export function refused(why: string): DomainError {
  return new DomainError("media_refused", { why }, { file: why });
}
