import { z } from "zod";
import { isTimeZone, PASSWORD_MAX_BYTES, passwordProblem } from "./rules.ts";

const email = z
  .string({ error: "Enter your e-mail address." })
  .trim()
  .max(254, "This is too long for an e-mail address.")
  .pipe(z.email("This does not look like an e-mail address."));

const newPassword = z.string({ error: "Choose a password." }).max(1_000, `Use at most ${PASSWORD_MAX_BYTES} bytes.`);

export const registerInput = z
  .object({
    email,
    password: newPassword,
    tz: z.string({ error: "Choose your time zone." }).refine(isTimeZone, "Choose a time zone such as Asia/Jakarta."),
    acceptTerms: z.literal(true, { error: "Read and accept the terms to open an account." }),
  })
  .strict()
  .superRefine((input, check) => {
    const problem = passwordProblem(input.password, input.email);
    if (problem) check.addIssue({ code: "custom", path: ["password"], message: problem });
  });
export type RegisterInput = z.infer<typeof registerInput>;

export const loginInput = z
  .object({
    email,
    password: z
      .string({ error: "Enter your password." })
      .min(1, "Enter your password.")
      .max(1_000, "This is too long."),
  })
  .strict();
export type LoginInput = z.infer<typeof loginInput>;

export const changePasswordInput = z.object({ current: z.string().min(1).max(1_000), password: newPassword }).strict();
export type ChangePasswordInput = z.infer<typeof changePasswordInput>;

export const createTokenInput = z
  .object({
    name: z.string({ error: "Name the token." }).trim().min(1, "Name the token.").max(60, "Use at most 60 characters."),
  })
  .strict();
export const tokenRef = z.object({ id: z.string().max(60) }).strict();
