import type { BinaryNode } from "@whiskeysockets/baileys";
import type { Client, Context } from "../service/context.ts";
import { node, result } from "../wire/nodes.ts";
import { uploadAuth } from "./paths.ts";
import { MAX_UPLOAD_BYTES } from "./server.ts";

/** Seconds a client may use the answer for. */
const TTL = "21600";

/** `media_conn`: where and with what a client uploads. */
export const answerMedia = (ctx: Context, client: Client, iq: BinaryNode): BinaryNode => {
  const auth = uploadAuth(ctx.store.secret, client.account.phone);
  const host = node("host", { hostname: ctx.media.host, maxContentLengthBytes: String(MAX_UPLOAD_BYTES) });
  return result(iq, [node("media_conn", { auth, ttl: TTL, auth_ttl: TTL, max_buckets: "12" }, [host])]);
};
