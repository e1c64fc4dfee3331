import { type ActionFunctionArgs, redirect } from "@remix-run/node";

export async function action({ context }: ActionFunctionArgs) {
  if (context.user) await context.api.auth.logout();
  return redirect("/login");
}

export const loader = () => redirect("/");
