import { eq, sql } from "drizzle-orm";
import { connect } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { consentEvents, contactListMembers, contactLists, contacts, suppressions, users } from "#db/schema/index.ts";

interface Person {
  name: string;
  phoneE164: string;
  consent?: boolean;
  optedOut?: boolean;
  onWhatsapp?: boolean;
  tags?: string[];
  attributes?: Record<string, string>;
}

/** Puts people on a new list of the account with this address, with the evidence of those who agreed, as an import would. */
export async function bring(
  databaseUrl: string,
  { email, list, people }: { email: string; list: string; people: Person[] },
): Promise<Id<"contactList">> {
  const connection = connect(databaseUrl);
  const { db } = connection;
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (!user) throw new Error(`nobody has the address ${email}`);
  const userId = user.id;
  const id = newId("contactList");
  await db.insert(contactLists).values({ id, userId, name: list, source: "upload", columns: ["class", "city"] });
  const at = new Date();
  const rows = people.map(({ optedOut: _out, consent = true, ...person }) => ({
    ...person,
    id: newId("contact"),
    userId,
    consent,
    consentAt: consent ? at : null,
  }));
  await db.insert(contacts).values(rows);
  await db.insert(contactListMembers).values(rows.map((row) => ({ contactListId: id, contactId: row.id, userId })));
  const given = rows.filter(({ consent }) => consent);
  await db.insert(consentEvents).values(
    given.map((row) => ({
      userId,
      contactId: row.id,
      kind: "given" as const,
      source: "manual" as const,
      statement: "Ticked the box on the form of the class reunion.",
      at,
    })),
  );
  const out = people.filter(({ optedOut }) => optedOut);
  if (out.length > 0) {
    await db.insert(suppressions).values(
      out.map(({ phoneE164 }) => ({
        id: newId("suppression"),
        userId,
        identity: `pn:${phoneE164}`,
        source: "keyword" as const,
      })),
    );
  }
  await connection.close();
  return id;
}

/** A list of very many people. */
export async function bringMany(databaseUrl: string, email: string, list: string, people: number): Promise<void> {
  const connection = connect(databaseUrl);
  const id = newId("contactList");
  await connection.db.transaction(async (tx) => {
    const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
    if (!user) throw new Error(`nobody has the address ${email}`);
    await tx
      .insert(contactLists)
      .values({ id, userId: user.id, name: list, source: "upload", columns: ["class", "city"] });
    await tx.execute(sql`
      insert into contacts (id, user_id, name, phone_e164, attributes, consent, consent_at)
      select 'con_z' || lpad(n::text, 23, '0'), ${user.id}, 'Guest ' || n, '+62822' || lpad(n::text, 8, '0'),
             jsonb_build_object('class', '7' || chr(65 + n % 5)), true, now() from generate_series(1, ${people}::int) n`);
    await tx.execute(sql`
      insert into contact_list_members (contact_list_id, contact_id, user_id)
      select ${id}, id, user_id from contacts where user_id = ${user.id} and id like 'con_z%'`);
  });
  await connection.close();
}
