import { Table } from "@mantine/core";
import { percent } from "#server/billing/rules.ts";
import { formatMoney } from "../lib/format.ts";

/** What is paid: the price, the tax and both together. Without tax there is one line. */
export function PriceLines({
  what,
  net,
  tax,
  total,
  currency,
  taxName,
  taxRate,
}: {
  what: string;
  net: number;
  tax: number;
  total: number;
  currency: string;
  taxName: string;
  taxRate: number;
}) {
  return (
    <Table horizontalSpacing={0} verticalSpacing={6} withRowBorders={false}>
      <Table.Tbody>
        {taxRate > 0 && (
          <>
            <Line label={what}>{formatMoney(net, currency)}</Line>
            <Line label={`${taxName} ${percent(taxRate)}`}>{formatMoney(tax, currency)}</Line>
          </>
        )}
        <Line label={taxRate > 0 ? "Total" : what} strong>
          {formatMoney(total, currency)}
        </Line>
      </Table.Tbody>
    </Table>
  );
}

function Line({ label, children, strong = false }: { label: string; children: string; strong?: boolean }) {
  const fw = strong ? 650 : 400;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={fw} ta="start">
        {label}
      </Table.Th>
      <Table.Td fw={fw} ta="end" style={{ whiteSpace: "nowrap" }}>
        {children}
      </Table.Td>
    </Table.Tr>
  );
}
