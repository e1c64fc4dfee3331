import { TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useHydrated } from "../../lib/use-hydrated.ts";
import { wordsOf } from "./forms.ts";

/** The words of a rule as chips, or its one pattern; without JavaScript one word a line. What is sent is the same. */
export function Words({ name, typed, regex, error }: { name: string; typed: string; regex: boolean; error: string }) {
  const alive = useHydrated();
  const [words, setWords] = useState(() => wordsOf(typed));
  const [typing, setTyping] = useState("");
  const problem = error === "" ? {} : { error };
  if (regex) {
    return (
      <TextInput
        name={name}
        label="Pattern"
        description="A regular expression (RE2). \b and \w know the letters a to z alone; looking ahead or behind is not possible."
        defaultValue={typed.split("\n")[0] ?? ""}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        {...problem}
      />
    );
  }
  const label = "Words or phrases, any of them";
  if (!alive) {
    return <Textarea name={name} label={label} description="One a line." defaultValue={typed} rows={4} {...problem} />;
  }
  return (
    <>
      <input type="hidden" name={name} value={[...words, typing].join("\n")} />
      <TagsInput
        label={label}
        description="Press Enter after each."
        value={words}
        onChange={setWords}
        searchValue={typing}
        onSearchChange={setTyping}
        splitChars={["\n", ";"]}
        maxTags={20}
        acceptValueOnBlur
        {...problem}
      />
    </>
  );
}
