import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { type Aim, wholeList } from "#server/campaigns/draft/audience.ts";
import { createCampaign } from "#server/campaigns/draft/draft.ts";
import { createHeldSession, createList } from "#tests/factories.ts";

export const PEOPLE = 100_000;
const CONVERSATIONS = 2_000;
const THEIRS = 12_000;
const OURS = 8_000;

/** People who are on two lists each, half of them with consent, and a draft to all of them. */
export async function fillAudience(db: Db, userId: Id<"user">): Promise<{ id: Id<"campaign">; aim: Aim }> {
  const { sessionId: waSessionId } = await createHeldSession(db, userId);
  const [one, two] = [await createList(db, userId, 1), await createList(db, userId, 1)];
  await db.execute(sql`
    with people as (
      insert into contacts (id, user_id, name, phone_e164, attributes, tags, consent)
      select 'con_' || lpad(n::text, 23, '0'), ${userId}, 'Person', '+1' || (2000000000 + n), '{"class": "7B"}',
             case when n % 10 = 0 then array['tenth'] else '{}' end, n % 2 = 0
        from generate_series(1, ${PEOPLE}::int) n returning id)
    insert into contact_list_members (contact_list_id, contact_id, user_id)
    select list, people.id, ${userId} from people, unnest(array[${one.id}, ${two.id}]) as list`);
  await db.execute(sql`vacuum analyze contacts, contact_list_members`);
  const aim = { ...wholeList(one.id), listIds: [one.id, two.id] };
  const campaign = { name: "Bench", templateText: "Hello {{name}}", throttleMinSeconds: 2, throttleMaxSeconds: 5 };
  const { id } = await createCampaign(db, userId, { ...campaign, ...aim, waSessionId });
  return { id, aim };
}

/** Conversations with people who wrote and were answered, every tenth not read yet; half of them with contacts. */
export async function fillInbox(db: Db, userId: Id<"user">): Promise<void> {
  const { sessionId } = await createHeldSession(db, userId);
  const person = sql`'pn:+62833' || lpad((n % ${CONVERSATIONS}::int + 1)::text, 8, '0')`;
  const at = sql`now() - n * interval '1 second'`;
  await db.execute(sql`
    insert into contacts (id, user_id, name, phone_e164, consent)
    select 'con_i' || lpad(n::text, 22, '0'), ${userId}, 'Guest ' || n, '+62833' || lpad(n::text, 8, '0'), true
      from generate_series(1, ${CONVERSATIONS / 2}::int) n`);
  await db.execute(sql`
    insert into inbound_messages (id, user_id, wa_session_id, wa_msg_id, sender, body, sent_at)
    select 'inb_l' || lpad(n::text, 22, '0'), ${userId}, ${sessionId}, 'L' || n, ${person},
           'This is what guest wrote as number ' || n || ', about the meeting on Friday', ${at}
      from generate_series(1, ${THEIRS}::int) n`);
  await db.execute(sql`
    insert into messages (id, user_id, wa_session_id, kind, recipient_key, recipient_name, resolved_text, wa_msg_id, status,
                          price_points, created_at, sending_at)
    select 'msg_l' || lpad(n::text, 22, '0'), ${userId}, ${sessionId}, 'auto_reply', ${person}, '',
           'Thank you, we will answer number ' || n, 'W' || n, 'read', 0, ${at}, ${at}
      from generate_series(1, ${OURS}::int) n`);
  await db.execute(sql`
    insert into conversations (id, user_id, wa_session_id, person, identities, chat, last_at, last_inbound_at, unread)
    select 'cnv_l' || lpad(n::text, 22, '0'), ${userId}, ${sessionId}, p, array[p], p, ${at}, now(), (n % 10 = 0)::int
      from generate_series(1, ${CONVERSATIONS}::int) n,
           lateral (select 'pn:+62833' || lpad(n::text, 8, '0') as p) i`);
  await db.execute(sql`vacuum analyze conversations, messages, inbound_messages, contacts`);
}
