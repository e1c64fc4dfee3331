import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { screens, type Visitor } from "./browser.ts";

/** Each test of the file goes on where the one before it ended: after a failure, of which a picture is kept, the rest is skipped. */
export function oneStory(name: string, visitor: () => Visitor): void {
  let broken = false;
  beforeEach(({ skip }) => skip(broken, "an earlier part of the story failed"));
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail" || broken) return;
    broken = true;
    await visitor().page.screenshot({ path: join(screens, `${name}-failed.png`), fullPage: true });
  });
}
