import { Text } from "@mantine/core";
import type { BillingDetails } from "#server/billing/receipts/schema.ts";
import { TextLink } from "../../components/link-button.tsx";
import { useAccount } from "../../lib/use-account.ts";

/** Who the receipt will be made out to. Without a name a receipt shows the e-mail address of the account. */
export function MadeOutTo({ name, address, taxId }: BillingDetails) {
  const email = useAccount()?.user?.email;
  const details = [address.replaceAll("\n", ", "), taxId].filter((each) => each !== "");
  return (
    <Text size="sm">
      The receipt is made out to {name || email || "your e-mail address"}
      {details.length > 0 && `, ${details.join(", ")}`}. <TextLink to="/billing/receipts">Change that</TextLink>
    </Text>
  );
}
