import type { Sql } from "#db/client.ts";
import type { Person } from "./people.ts";

/** The peer: a bare COPY of the same rows into a fresh table with the same unique index. */
export async function copyRows(sql: Sql, people: readonly Person[]): Promise<void> {
  await sql`drop table if exists copied`;
  await sql`create table copied (user_id text not null, name text not null, phone_e164 text not null,
    attributes jsonb not null, consent boolean not null, unique (user_id, phone_e164))`;
  const stream = await sql`copy copied from stdin`.writable();
  const done = new Promise<void>((resolve, reject) => stream.once("finish", resolve).once("error", reject));
  for (let at = 0; at < people.length; at += 5_000) {
    const lines = people
      .slice(at, at + 5_000)
      .map(({ name, phone, attributes }) => `user\t${name}\t${phone}\t${JSON.stringify(attributes)}\tt\n`);
    if (!stream.write(lines.join(""))) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
  await done;
  const [copied] = await sql`select count(*)::int as n from copied`;
  if (copied?.n !== people.length) throw new Error("COPY is not done");
}
