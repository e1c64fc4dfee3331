import { z } from "zod";
import { isPhone } from "../wire/jids.ts";

/** A Map that JSON writes as its entries, so that the state file keeps the order. */
export class Entries<T> extends Map<string, T> {
  toJSON(): [string, T][] {
    return [...this];
  }
}

export const entries = <T extends z.ZodType>(value: T) =>
  z
    .array(z.tuple([z.string(), value]))
    // TypeScript cannot see through the tuple of a generic schema.
    .transform((list): Entries<z.output<T>> => new Entries(list as [string, z.output<T>][]));

export const phoneNumber = z.string().refine(isPhone, "not an E.164 number with a leading +");
