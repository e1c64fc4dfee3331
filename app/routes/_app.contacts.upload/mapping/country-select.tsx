import type { FieldMetadata } from "@conform-to/react";
import { Select } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useState } from "react";
import { SelectField } from "../../../components/field.tsx";
import type { Countries } from "./countries.server.ts";

const NONE = "none";
const refuse = "Refuse them (the safest)";

const texts = {
  label: "Numbers without a country code",
  description: "Only if you know it: 0812… becomes a number of that country, and every such row says so.",
};

/** What becomes of numbers that begin with 0 or lack a +. Nothing is chosen for the person; a plain select until the page is alive. */
export function CountrySelect<V>({ meta, countries }: { meta: FieldMetadata<V>; countries: Countries }) {
  const alive = useMounted();
  const [code, setCode] = useState(typeof meta.initialValue === "string" ? meta.initialValue : "");
  const { all, own } = countries;
  const belong = (country: Countries["all"][number]) => ({
    value: country.code,
    label: `They belong to ${country.label}`,
  });
  const others = all.filter((country) => country.code !== own?.code).map(belong);
  const groups = [
    ...(own ? [{ group: "Your own country", items: [belong(own)] }] : []),
    { group: "All countries", items: others },
  ];
  if (!alive) return <SelectField meta={meta} {...texts} data={[{ value: "", label: refuse }, ...groups]} />;
  return (
    <>
      <Select
        {...texts}
        data={[{ value: NONE, label: refuse }, ...groups]}
        value={code || NONE}
        onChange={(value) => setCode(value === null || value === NONE ? "" : value)}
        searchable
        allowDeselect={false}
        nothingFoundMessage="No country is called that."
        maxDropdownHeight={280}
        error={meta.errors?.join(" ")}
      />
      <input type="hidden" name={meta.name} value={code} />
    </>
  );
}
