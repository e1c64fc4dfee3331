import type { Api } from "#server/route-api.ts";
import { planName } from "#server/wallet/rules.ts";
import { formatNumber } from "../lib/format.ts";
import { type Column, DataTable } from "./data-table.tsx";
import { TextLink } from "./link-button.tsx";
import { Moment } from "./moment.tsx";

type Grant = Awaited<ReturnType<Api["admin"]["grants"]>>[number];

const given: Column<Grant>[] = [
  {
    header: "What",
    cell: ({ plan, points }) => {
      const words = `${formatNumber(points)} points`;
      return plan ? `Plan of ${planName(plan)}, ${words}` : words;
    },
  },
  { header: "Why", cell: (grant) => grant.reason, wide: true },
  { header: "By", cell: (grant) => grant.by },
];
const when: Column<Grant> = { header: "When", cell: (grant) => <Moment at={grant.createdAt} />, tight: true };
const whom: Column<Grant> = {
  header: "To",
  cell: (grant) => <TextLink to={`/admin/users/${grant.userId}`}>{grant.email}</TextLink>,
};
const ofOne = [when, ...given];
const ofAll = [when, whom, ...given];

/** What administrators gave, to one account or, with their addresses, to all. */
export function GrantTable({ grants, whose = false }: { grants: readonly Grant[]; whose?: boolean }) {
  return (
    <DataTable
      caption="Points and plans that were given"
      columns={whose ? ofAll : ofOne}
      rows={grants}
      rowKey={(grant) => grant.id}
      empty="Nothing was given yet."
    />
  );
}
