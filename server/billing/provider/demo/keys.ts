import { hkdfSync } from "node:crypto";
import type { SessionKeys } from "../../../keys/seal.ts";

/** What the demo provider signs with, and its callbacks are checked with: the current key first, then those of before a rotation. */
export function callbackKeys({ current, byId }: SessionKeys): Uint8Array[] {
  const others = [...byId.values()].filter(({ id }) => id !== current.id);
  return [current, ...others].map(
    ({ key }) => new Uint8Array(hkdfSync("sha256", key, "", "masssender demo payments", 32)),
  );
}
