import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";
import { capFields, lockFields } from "../limits/notices.ts";
import type { Client, Context } from "../service/context.ts";
import { bytesOf, node, refusal, result } from "../wire/nodes.ts";
import type { Account } from "../world/schema.ts";

/** The stored queries that are known here, by id, as Baileys names them (`QueryIds` and `XWAPaths` in its Types/Mex). */
const QUERIES = new Map<string, { path: string; fields: (ctx: Context, account: Account) => object }>([
  ["23983697327930364", { path: "xwa2_fetch_account_reachout_timelock", fields: lockFields }],
  ["24503548349331633", { path: "xwa2_message_capping_info", fields: capFields }],
]);
const UNKNOWN_QUERY = { message: "Unknown query", extensions: { error_code: 400, severity: "CRITICAL" } };

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Answers WhatsApp's GraphQL (`w:mex`): how the account stands with its limits. Other queries are GraphQL errors. */
export const answerMex = (ctx: Context, client: Client, iq: BinaryNode): BinaryNode => {
  const query = getBinaryNodeChild(iq, "query");
  if (!query?.attrs.query_id || !isJson(bytesOf(query)?.toString() ?? "")) return refusal(iq, 400, "bad-request");
  const known = QUERIES.get(query.attrs.query_id);
  const { account, device } = client;
  if (!known) ctx.journal.record("unknown question", iq, { phone: account.phone, device: device.id });
  const answer = known
    ? { data: { [known.path]: known.fields(ctx, account) } }
    : { data: null, errors: [UNKNOWN_QUERY] };
  return result(iq, [node("result", {}, Buffer.from(JSON.stringify(answer)))]);
};
