import type { Db } from "#db/client.ts";
import type { BillingDeps } from "../../deps.ts";
import type { Callback, PaymentProvider } from "../port.ts";
import { checkSignature } from "../signature.ts";
import { closePayment, orderPayment, payByToken } from "./books.ts";
import { eventOf, translate } from "./events.ts";
import { callbackKeys } from "./keys.ts";
import { callbackBody } from "./schema.ts";

/**
 * A provider that takes no money and otherwise does as they all do: it has books and a page of its own, and tells by a signed
 * callback what became of a payment. Only its books are in this database.
 * @param db the system path
 */
export function openDemoProvider(db: Db, env: Pick<BillingDeps["env"], "sessionKeys" | "appOrigin">): PaymentProvider {
  return {
    name: "demo",
    demo: true,
    async checkout({ keepMethod, returnUrl, ...order }) {
      const { id } = await orderPayment(db, { ...order, keepMethod, returnUrl });
      return { ref: id, url: `${env.appOrigin}/pay/demo/${id}` };
    },
    async charge(order, token) {
      const { id } = await orderPayment(db, { ...order, keepMethod: false, returnUrl: null });
      const payment = await payByToken(db, id, token);
      if (!payment) throw new Error("the demo provider lost a payment");
      return translate(eventOf(payment));
    },
    async close(order) {
      const payment = await closePayment(db, { ...order, keepMethod: false, returnUrl: null });
      return payment?.status === "paid" || payment?.status === "declined" ? translate(eventOf(payment)) : null;
    },
    readCallback: (callback, now) => readCallback(callbackKeys(env.sessionKeys), callback, now),
  };
}

function readCallback(keys: Uint8Array[], { headers, body }: Callback, now: Date) {
  const checked = checkSignature(keys, headers, body, now);
  if ("problem" in checked) return checked;
  const parsed = callbackBody.safeParse(parseJson(body));
  // The name that was signed beside the body, and the one in it, are of one event.
  if (!parsed.success || parsed.data.id !== checked.id) return { problem: "body" as const };
  return translate(parsed.data);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
