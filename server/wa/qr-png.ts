import { toBuffer } from "qrcode";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { isId } from "#db/ids.ts";
import { DomainError } from "../errors.ts";
import { withUser } from "../users/with-user.ts";
import { getSession } from "./queries.ts";

/** The QR code that is to be scanned now, as a PNG. It is a secret: never cache it. @throws not_found if there is none */
export async function qrPng(db: Db, userId: Id<"user">, sessionId: string): Promise<Buffer> {
  if (!isId("waSession", sessionId)) throw new DomainError("not_found");
  const { qr } = await withUser(db, userId, (tx) => getSession(tx, userId, sessionId, 0));
  if (qr === null) throw new DomainError("not_found");
  return toBuffer(qr, { errorCorrectionLevel: "L", margin: 2, scale: 6 });
}
