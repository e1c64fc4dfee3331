import { toBuffer } from "qrcode";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { isId } from "#db/ids.ts";
import { DomainError } from "../errors.ts";
import { withUser } from "../users/with-user.ts";
import { getSession } from "./queries.ts";

/**
 * The QR code that is to be scanned now, as a PNG; null when there is none, because it was scanned this moment, say. It is a
 * secret: never cache it. @throws not_found for a session of somebody else
 */
export async function qrPng(db: Db, userId: Id<"user">, sessionId: string): Promise<Buffer | null> {
  if (!isId("waSession", sessionId)) throw new DomainError("not_found");
  const { qr } = await withUser(db, userId, (tx) => getSession(tx, userId, sessionId, 0));
  if (qr === null) return null;
  return toBuffer(qr, { errorCorrectionLevel: "L", margin: 2, scale: 6 });
}
