import { createCookie, redirect } from "@remix-run/node";
import { z } from "zod";

const MAX_CHARACTERS = 300;

const toast = z.object({ text: z.string().max(MAX_CHARACTERS), tone: z.enum(["done", "problem"]), id: z.string() });
export type Toast = z.infer<typeof toast>;

// One sentence for the next page, gone once shown. It is clamped: a cookie that outgrows 4 KB is dropped by browsers.
const cookie = createCookie("toast", { httpOnly: true, sameSite: "lax", path: "/", maxAge: 60 });

/** Goes to a page that says what was done. */
export async function redirectWithToast(to: string, text: string, tone: Toast["tone"] = "done"): Promise<Response> {
  const value: Toast = { text: text.slice(0, MAX_CHARACTERS), tone, id: crypto.randomUUID() };
  return redirect(to, { headers: { "set-cookie": await cookie.serialize(value) } });
}

/** The sentence for this page, and the header that forgets it. */
export async function takeToast(request: Request): Promise<{ toast: Toast | null; headers: HeadersInit }> {
  const given: unknown = await cookie.parse(request.headers.get("cookie")).catch(() => null);
  if (given === null) return { toast: null, headers: {} };
  const parsed = toast.safeParse(given);
  return {
    toast: parsed.success ? parsed.data : null,
    headers: { "set-cookie": await cookie.serialize("", { maxAge: 0 }) },
  };
}
