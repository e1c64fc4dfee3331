import { Button, type ButtonProps, Group } from "@mantine/core";
import { Link } from "@remix-run/react";
import type { MouseEvent, ReactNode } from "react";
import { formatNumber } from "../lib/format.ts";
import { useFilter } from "../lib/use-filter.ts";

interface Option {
  value: string;
  word: string;
  count: number;
}

/** Narrows a table to one kind of row; the counts add up to the first. The choice is in the address. */
export function FilterLinks({
  label,
  param,
  chosen,
  total,
  options,
}: {
  label: string;
  param: string;
  chosen: string | undefined;
  total: number;
  options: readonly Option[];
}) {
  const all = [{ value: null, word: "All", count: total }, ...options];
  return (
    <Group component="nav" aria-label={label} gap="xs">
      {all.map(({ value, word, count }) => (
        <FilterLink
          key={value ?? "all"}
          param={param}
          value={value}
          here={(value ?? undefined) === chosen}
          resets={RESETS}
          size="xs"
        >
          {word}&nbsp;<b>{formatNumber(count)}</b>
        </FilterLink>
      ))}
    </Group>
  );
}

const RESETS = ["cursor", "reason"];

/** One choice of several, as a link: it can be opened in a tab of its own. */
export function FilterLink({
  param,
  value,
  here,
  resets,
  children,
  ...props
}: ButtonProps & {
  param: string;
  value: string | null;
  here: boolean;
  resets: readonly string[];
  children: ReactNode;
}) {
  const { show, addressOf } = useFilter(resets);
  const choose = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    show({ [param]: value }, { replace: false });
  };
  return (
    <Button
      radius="xl"
      {...props}
      component={Link}
      to={addressOf({ [param]: value })}
      onClick={choose}
      variant={here ? "filled" : "default"}
      aria-current={here ? "true" : undefined}
    >
      {children}
    </Button>
  );
}
