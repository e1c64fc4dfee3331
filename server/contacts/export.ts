import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { CSV_BOM, csvLine } from "../csv.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import { withUser } from "../users/with-user.ts";
import { contactList } from "./queries.ts";

const ROWS_A_CHUNK = 1_000;

interface Person extends Record<string, unknown> {
  id: Id<"contact">;
  name: string;
  phone: string;
  consent: boolean;
  tags: string[];
  attributes: Record<string, string>;
  optedOut: boolean;
}

const answer = (value: boolean) => (value ? "yes" : "no");

/**
 * The people of a list as CSV, in the form that an import takes. Read in pieces of 1,000, each in a transaction of its own.
 * @throws DomainError not_found, before the first piece
 */
export async function* listCsv(db: Db, userId: Id<"user">, listId: Id<"contactList">): AsyncGenerator<string> {
  const { columns } = await withUser(db, userId, (tx) => contactList(tx, userId, listId));
  yield CSV_BOM + csvLine(["name", "phone_e164", "consent", "tags", ...columns, "opted_out"]);
  for (let after = ""; ; ) {
    const from = after;
    const people = await withUser(db, userId, (tx) =>
      tx.execute<Person>(sql`
        select c.id, c.name, c.phone_e164 as phone, c.consent, c.tags, c.attributes,
               'pn:' || c.phone_e164 in ${suppressedNumbers(userId)} as "optedOut"
          from (select m.contact_id from contact_list_members m where m.contact_list_id = ${listId} and m.user_id = ${userId}
                   and m.contact_id > ${from} order by m.contact_id limit ${ROWS_A_CHUNK}) m
          join contacts c on c.id = m.contact_id and c.user_id = ${userId} order by c.id`),
    );
    const last = people.at(-1);
    if (!last) return;
    yield people
      .map(({ name, phone, consent, tags, attributes, optedOut }) => {
        const values = columns.map((column) => attributes[column] ?? "");
        return csvLine([name, phone, answer(consent), tags.join(", "), ...values, answer(optedOut)]);
      })
      .join("");
    after = last.id;
  }
}
