import { Button, Group } from "@mantine/core";
import { Link, useSearchParams } from "@remix-run/react";
import { formatNumber } from "../lib/format.ts";
import { withSearch } from "../lib/params.ts";

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
  const [search] = useSearchParams();
  const all = [{ value: null, word: "All", count: total }, ...options];
  return (
    <Group component="nav" aria-label={label} gap="xs">
      {all.map(({ value, word, count }) => {
        const here = (value ?? undefined) === chosen;
        return (
          <Button
            key={value ?? "all"}
            component={Link}
            to={withSearch(search, { [param]: value, cursor: null, reason: null })}
            preventScrollReset
            size="xs"
            radius="xl"
            variant={here ? "filled" : "default"}
            aria-current={here ? "true" : undefined}
          >
            {word}&nbsp;<b>{formatNumber(count)}</b>
          </Button>
        );
      })}
    </Group>
  );
}
