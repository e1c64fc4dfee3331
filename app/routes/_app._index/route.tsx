import type { LoaderFunctionArgs } from "@remix-run/node";
export const loader = (_: LoaderFunctionArgs) => null;
export default function Start() {
  return <p>Hello</p>;
}
