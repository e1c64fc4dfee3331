import { NativeSelect, type NativeSelectProps, TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { MagnifyingGlassIcon } from "@radix-ui/react-icons";
import { useRef, useState } from "react";
import { useEarlier } from "../lib/use-earlier.ts";

const SEARCH_MS = 250;
/** A date is typed in parts, each of which makes it another date. */
const DATE_MS = 700;

type Given = Omit<TextInputProps, "value" | "onChange" | "type">;

/** Searches while somebody types, a moment after the last letter. */
export function SearchField({
  value,
  onSearch,
  ...props
}: Given & { value: string; onSearch: (text: string) => void }) {
  const { ref, typed, type } = useTyped(value, onSearch, SEARCH_MS);
  return (
    <TextInput
      ref={ref}
      name="search"
      type="search"
      autoComplete="off"
      maxLength={100}
      leftSection={<MagnifyingGlassIcon aria-hidden />}
      {...props}
      value={typed}
      onChange={({ currentTarget: { value: text } }) => type(text)}
    />
  );
}

/** A day, "2026-11-22", or none. */
export function DateField({ value, onDate, ...props }: Given & { value: string; onDate: (day: string) => void }) {
  const { ref, typed, type } = useTyped(value, onDate, DATE_MS);
  return (
    <TextInput
      ref={ref}
      type="date"
      autoComplete="off"
      min="2000-01-01"
      max="9999-12-31"
      {...props}
      value={typed}
      onChange={({ currentTarget: { value: text } }) => type(text)}
    />
  );
}

/** One of a few things; the choice is told on at once. */
export function FilterSelect({
  value,
  onChoose,
  ...props
}: Omit<NativeSelectProps, "value" | "onChange"> & { value: string; onChoose: (value: string) => void }) {
  const ref = useRef<HTMLSelectElement>(null);
  useEarlier(ref, value, onChoose);
  return (
    <NativeSelect
      ref={ref}
      autoComplete="off"
      {...props}
      value={value}
      onChange={({ currentTarget: { value: chosen } }) => onChoose(chosen)}
    />
  );
}

/** What is typed, and told on when nothing was typed for `ms`. */
function useTyped(value: string, onRest: (text: string) => void, ms: number) {
  const ref = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const [sent, setSent] = useState(value);
  const tell = useDebouncedCallback((text: string) => {
    setSent(text);
    onRest(text);
  }, ms);
  // The address may change by itself, by a link or the browser's way back.
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    if (value !== sent) {
      setTyped(value);
      setSent(value);
    }
  }
  const type = (text: string) => {
    setTyped(text);
    tell(text.trim());
  };
  useEarlier(ref, value, type);
  return { ref, typed, type };
}
