import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, consentEvents, contacts, inboundMessages, messages } from "#db/schema/index.ts";
import type { MessageStatus } from "#server/messages/rules.ts";
import { newPhone } from "./factories.ts";

export interface Person {
  id: Id<"contact">;
  name: string;
  phone: string;
}

export async function createPeople(db: Db, userId: Id<"user">, names: readonly string[]): Promise<Person[]> {
  const people = names.map((name) => ({ id: newId("contact"), name, phone: newPhone() }));
  await db
    .insert(contacts)
    .values(people.map(({ id, name, phone }) => ({ id, userId, name, phoneE164: phone, consent: true })));
  return people;
}

/** What became of one person's message. The moments follow each other by a second each from `at` on. */
export interface Fate {
  to: Person;
  at: Date;
  status?: MessageStatus;
  errorCode?: string;
}

const reached: MessageStatus[] = ["sent", "delivered", "read"];
const later = (at: Date, seconds: number) => new Date(at.getTime() + seconds * 1_000);

/** A campaign of the past with its messages, as sending would have left them, points aside. */
export async function createPastRun(
  db: Db,
  { userId, sessionId, name }: { userId: Id<"user">; sessionId: Id<"waSession">; name: string },
  fates: readonly Fate[],
): Promise<Id<"campaign">> {
  const id = newId("campaign");
  const times = fates.map(({ at }) => at.getTime());
  const startedAt = new Date(Math.min(Date.now(), ...times));
  const finishedAt = later(new Date(Math.max(startedAt.getTime(), ...times)), 4);
  await db.insert(campaigns).values({
    id,
    userId,
    waSessionId: sessionId,
    name,
    templateText: "Hello {{name}}",
    throttleMinMs: 2_000,
    throttleMaxMs: 5_000,
    status: "completed",
    total: fates.length,
    startedAt,
    finishedAt,
  });
  const rows = fates.map(({ to, at, status = "read", errorCode = null }) => {
    const rank = reached.indexOf(status);
    return {
      id: newId("message"),
      userId,
      waSessionId: sessionId,
      campaignId: id,
      contactId: to.id,
      kind: "campaign" as const,
      recipientKey: `pn:${to.phone}`,
      recipientName: to.name,
      waMsgId: newId("message"),
      status,
      errorCode,
      submissions: rank >= 0 ? 1 : 0,
      sendingAt: rank >= 0 ? at : null,
      sentAt: rank >= 0 ? later(at, 1) : null,
      deliveredAt: rank >= 1 ? later(at, 2) : null,
      readAt: rank >= 2 ? later(at, 3) : null,
      endedAt: rank < 0 ? at : null,
      pricePoints: 2,
      costPoints: rank >= 0 ? 2 : 0,
    };
  });
  if (rows.length > 0) await db.insert(messages).values(rows);
  return id;
}

/** What somebody wrote to the user then; a STOP with its evidence. */
export async function write(
  db: Db,
  { userId, sessionId }: { userId: Id<"user">; sessionId: Id<"waSession"> },
  { id: contactId, phone }: Person,
  sentAt: Date,
  body: string | null = "Thanks!",
): Promise<void> {
  const sender = `pn:${phone}`;
  await db.insert(inboundMessages).values({
    id: newId("inboundMessage"),
    userId,
    waSessionId: sessionId,
    waMsgId: newId("message"),
    sender,
    contactId,
    body,
    sentAt,
  });
  if (body !== "STOP") return;
  const event = { kind: "opted_out", source: "keyword", statement: "STOP" } as const;
  await db.insert(consentEvents).values({ userId, contactId, ...event, at: sentAt });
}
