import { z } from "zod";
import { isPhone } from "../wire/jids.ts";

/** A number in a body or a path. */
export const phoneParameter = z
  .string()
  .refine(isPhone, "must be a phone number in E.164 with a leading +, such as +628123456789");
/** What people call themselves. */
export const nameParameter = z.string().trim().min(1).max(100);
/** The longest text WhatsApp takes. */
export const MAX_TEXT = 65_536;
