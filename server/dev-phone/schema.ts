import { z } from "zod";

export const phone = z
  .string({ error: "Enter a phone number." })
  .trim()
  .regex(/^\+[1-9]\d{7,14}$/, "Enter the number with + and country code, such as +6281200000001.");

export const phoneInput = z.object({ phone }).strict();
export const scanInput = z
  .object({ sessionId: z.string().max(60), phone, name: z.string().trim().max(60).optional() })
  .strict();
export const writeInput = z
  .object({
    from: phone,
    to: phone,
    text: z.string({ error: "Write a text." }).trim().min(1, "Write a text.").max(4_096),
  })
  .strict();
