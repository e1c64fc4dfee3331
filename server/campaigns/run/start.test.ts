import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { contactListMembers, contactLists, contacts, messages } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createUser, newPhone, testEnv, topUp } from "#tests/factories.ts";
import { withUser } from "../../users/with-user.ts";
import { wholeList } from "../draft/audience.ts";
import { createCampaign } from "../draft/draft.ts";
import { startCampaign } from "./start.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;

beforeAll(() => {
  connection = connect(url(), { max: 2 });
  db = connection.db;
});
afterAll(() => connection.close());

test("each message keeps its person's name and text as they are, whatever characters they are made of", async () => {
  const names = ["null", "NULL", "{a,b}", '"Ani" \\ \\n', "Siti\nNurhaliza, S.Pd.", "’; drop --", "李 🙂", "{{class}}"];
  const userId = await createUser(db);
  const { sessionId } = await createHeldSession(db, userId);
  await topUp(db, userId, names.length * 2);
  const listId = newId("contactList");
  await db.insert(contactLists).values({ id: listId, userId, name: "Friends", source: "upload", columns: ["class"] });
  const people = [...names, "No consent"].map((name) => ({
    id: newId("contact"),
    userId,
    name,
    phoneE164: newPhone(),
    attributes: { class: "7B" },
    consent: name !== "No consent",
  }));
  await db.insert(contacts).values(people);
  await db
    .insert(contactListMembers)
    .values(people.map(({ id }) => ({ contactListId: listId, contactId: id, userId })));
  const { id } = await createCampaign(db, userId, {
    name: "Reminder",
    ...wholeList(listId),
    waSessionId: sessionId,
    templateText: "Hi {{name}} \\ of {{class}}, {x}",
    throttleMinSeconds: 2,
    throttleMaxSeconds: 5,
  });
  await withUser(db, userId, (tx) => startCampaign(tx, testEnv(url()), userId, { id, recipients: names.length }));

  const rows = await db.select().from(messages).where(eq(messages.campaignId, id)).orderBy(messages.id);
  expect(rows.map(({ contactId }) => contactId)).toEqual(people.map((person) => person.id));
  expect(rows.map(({ recipientName: name, resolvedText: text, status }) => ({ name, text, status }))).toEqual([
    ...names.map((name) => ({ name, text: `Hi ${name} \\ of 7B, {x}`, status: "queued" })),
    { name: "No consent", text: null, status: "skipped" },
  ]);
  expect(rows.at(-1)).toMatchObject({ errorCode: "no_consent", endedAt: expect.any(Date), mediaId: null });
  expect(rows[0]).toMatchObject({ errorCode: null, endedAt: null, pricePoints: 2, kind: "campaign" });
});
