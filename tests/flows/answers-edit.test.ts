import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePicture } from "../fixtures/media/pictures.ts";
import { createStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());

test("a user has a thousand rules at most, sees no others, and gives nobody's file", async () => {
  const [user, other] = [await stage.signUp(), await stage.signUp()];
  const rule = (more: Partial<Parameters<typeof user.api.rules.save>[0]> = {}) =>
    user.api.rules.save({
      name: "Prices",
      match: "keyword",
      patterns: ["harga"],
      responses: [{ text: "Rp 10.000" }],
      ...more,
    });
  const { id } = await rule();
  expect((await other.api.rules.list()).rules).toEqual([]);
  await expect(other.api.rules.enable({ id, to: "off" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(other.api.rules.move({ id, to: 0 })).rejects.toMatchObject({ code: "NOT_FOUND" });
  const form = new FormData();
  form.set("file", new File([new Uint8Array(await makePicture("png"))], "theirs.png"));
  const theirs = await other.api.media.upload(form);
  await expect(rule({ responses: [{ text: "", mediaId: theirs.id }] })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(rule({ responses: [{ text: " " }] })).rejects.toThrow("Write a text for each answer");
  await expect(rule({ match: "regex", patterns: ["(a)\\1"] })).rejects.toThrow("refers back to a group");
  await stage.db.execute(sql`
    insert into auto_rules (id, user_id, name, position, match, patterns, responses)
    select 'rul_' || lpad(n::text, 20, '0'), ${user.id}, 'Rule', n, 'exact', '{nothing}', '[{"text": "x", "mediaId": null}]'
      from generate_series(2, 1000) n`);
  await expect(rule()).rejects.toThrow("You have 1000 rules, which is the most.");
});

test("a rule keeps its place when it is changed, and what was written while it was off is not its own", async () => {
  const { api } = await stage.signUp();
  const save = (name: string, id?: `rul_${string}`) =>
    api.rules.save({ ...(id ? { id } : {}), name, match: "exact", patterns: [name], responses: [{ text: name }] });
  const ids = [(await save("a")).id, (await save("b")).id, (await save("c")).id] as const;
  await api.rules.move({ id: ids[2], to: 0 });
  await save("A", ids[0]);
  const names = async () => (await api.rules.list()).rules.map(({ name }) => name);
  expect(await names()).toEqual(["c", "A", "b"]);
  await api.rules.move({ id: ids[2], to: 99 });
  expect(await names()).toEqual(["A", "b", "c"]);
  const since = async () => (await api.rules.list()).rules[0]?.enabledAt ?? new Date(0);
  const before = await since();
  await api.rules.enable({ id: ids[0], to: "on" });
  expect(await since()).toEqual(before);
  await api.rules.enable({ id: ids[0], to: "off" });
  await api.rules.enable({ id: ids[0], to: "on" });
  expect((await since()).getTime()).toBeGreaterThan(before.getTime());
});

test("the patterns of all rules together have a limit, and what goes beyond it is refused with how much is left", async () => {
  const { api } = await stage.signUp();
  // Each letter is written out some five hundred times.
  const patterns = (letter: string) => Array.from({ length: 20 }, (_, n) => `[${letter}${n}]{1,270}q`);
  const save = (letter: string, id?: `rul_${string}`) =>
    api.rules.save({
      ...(id ? { id } : {}),
      name: letter,
      match: "regex",
      patterns: patterns(letter),
      responses: [{ text: "x" }],
    });
  const { id: first } = await save("a");
  for (const letter of "bcde") await save(letter);
  await expect(save("f")).rejects.toThrow(/have \d+ steps, and only \d+ of the 60000 of all your rules are left/);
  // Of what is changed the new patterns alone count.
  await save("g", first);
  await expect(
    api.rules.save({ name: "z", match: "regex", patterns: ["z{700}"], responses: [{ text: "z" }] }),
  ).rejects.toThrow("this pattern is too long");
});
