import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createSaver, type Outcome, type SaveState } from "./saver.ts";

const AT = new Date("2026-11-22T03:32:00Z");
const kept = (version: number): Outcome => ({ kept: { id: "cmp_1", version, at: AT } });

/** A form of one word, and a server that answers when it is told to. */
function stage(draft: { id: string | null; version: number | undefined } = { id: null, version: undefined }) {
  const states: SaveState["kind"][] = [];
  const sent: { word: string; id: string | null; version: number | undefined }[] = [];
  const answers: ((outcome: Outcome) => void)[] = [];
  let word = "";
  const saver = createSaver({
    draft,
    tell: ({ kind }) => states.at(-1) !== kind && states.push(kind),
    send: ({ id, version }) => {
      sent.push({ word, id, version });
      return new Promise((answer) => answers.push(answer));
    },
  });
  const type = (text: string) => {
    word = text;
    saver.change();
  };
  const answer = async (outcome: Outcome) => {
    answers.shift()?.(outcome);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { saver, states, sent, type, answer };
}

describe("a form that saves itself", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("waits for a pause, and saves the last of several changes", async () => {
    const { type, sent, states, answer } = stage();
    for (const word of ["H", "He", "Hel"]) {
      type(word);
      await vi.advanceTimersByTimeAsync(300);
    }
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect(sent).toEqual([{ word: "Hel", id: null, version: undefined }]);
    await answer(kept(0));
    expect(states).toEqual(["saving", "saved"]);
  });

  test("makes one draft: what is typed while the first save is on its way is a change of it", async () => {
    const { type, sent, states, answer, saver } = stage();
    type("one");
    await vi.advanceTimersByTimeAsync(700);
    type("two");
    await vi.advanceTimersByTimeAsync(700);
    expect(sent).toHaveLength(1);
    expect(saver.restsAt()).toBe(null);
    await answer(kept(0));
    expect(sent).toEqual([
      { word: "one", id: null, version: undefined },
      { word: "two", id: "cmp_1", version: 0 },
    ]);
    expect(states).toEqual(["saving"]);
    await answer(kept(1));
    expect(states).toEqual(["saving", "saved"]);
    expect(saver.restsAt()).toBe(1);
  });

  test("keeps what could not be saved, and saves it when asked again", async () => {
    const { type, sent, states, answer, saver } = stage({ id: "cmp_1", version: 3 });
    type("word");
    const flushed = saver.flush();
    await answer({ problem: "offline" });
    expect(await flushed).toBe(false);
    expect(states.at(-1)).toBe("failed");
    const again = saver.flush();
    await answer(kept(4));
    expect(await again).toBe(true);
    expect(sent.map(({ word, version }) => [word, version])).toEqual([
      ["word", 3],
      ["word", 3],
    ]);
  });

  test("writes over what was changed elsewhere only when it is told to", async () => {
    const { type, sent, states, answer, saver } = stage({ id: "cmp_1", version: 3 });
    type("mine");
    await vi.advanceTimersByTimeAsync(700);
    await answer({ changedElsewhere: true });
    expect(states.at(-1)).toBe("changed_elsewhere");
    type("mine, too");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await saver.flush()).toBe(false);
    expect(sent).toHaveLength(1);
    const over = saver.overwrite();
    await answer(kept(9));
    expect(await over).toBe(true);
    expect(sent.at(-1)).toEqual({ word: "mine, too", id: "cmp_1", version: undefined });
    expect(saver.restsAt()).toBe(9);
  });

  test("has nothing to do while nothing was changed", async () => {
    const { saver, sent } = stage({ id: "cmp_1", version: 3 });
    expect(await saver.flush()).toBe(true);
    expect(sent).toEqual([]);
    expect(saver.restsAt()).toBe(3);
  });
});
