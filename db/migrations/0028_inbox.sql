DROP INDEX "messages_chat";--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "reply_key" text;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "identities" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "merged_into" text;--> statement-breakpoint
CREATE UNIQUE INDEX "messages_reply_once" ON "messages" USING btree ("user_id","reply_key") WHERE "messages"."reply_key" is not null;--> statement-breakpoint
-- When a message came, by WhatsApp's clock, which tells whole seconds; within that second by this one. A second has the same
-- length everywhere, so that this depends on nothing but its arguments.
CREATE FUNCTION came_at(p_sent timestamptz, p_created timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT least(greatest(p_created, p_sent), p_sent + interval '999999 microseconds') $$;
--> statement-breakpoint
CREATE INDEX "inbound_messages_chat" ON "inbound_messages" USING btree ("wa_session_id","sender",came_at("sent_at", "created_at"),"id");--> statement-breakpoint
CREATE INDEX "conversations_unread" ON "conversations" USING btree ("user_id","last_at","id") WHERE "conversations"."unread" > 0;--> statement-breakpoint
CREATE INDEX "conversations_merged" ON "conversations" USING btree ("merged_into") WHERE "conversations"."merged_into" is not null;--> statement-breakpoint
CREATE INDEX "messages_chat" ON "messages" USING btree ("wa_session_id","recipient_key",(coalesce("sending_at", "created_at")),"id") WHERE "messages"."kind" in ('opt_out', 'auto_reply', 'manual');--> statement-breakpoint
DROP INDEX "conversations_contact";--> statement-breakpoint
ALTER TABLE "conversations" DROP COLUMN "contact_id";
--> statement-breakpoint
-- Who opts out, merges or erases somebody changes conversations with the user's own rights.
GRANT DELETE ON conversations TO masssender_web;
--> statement-breakpoint

-- What came in before there were conversations is in one now; it counts as seen.
INSERT INTO conversations (id, user_id, wa_session_id, person, identities, chat, last_at, last_inbound_at)
SELECT 'cnv_' || substr(md5(g.wa_session_id || g.known[1]), 1, 24), g.user_id, g.wa_session_id,
       coalesce((SELECT 'pn:' || c.phone_e164 FROM contacts c
                  WHERE c.user_id = g.user_id AND 'pn:' || c.phone_e164 = ANY (g.known) ORDER BY c.id LIMIT 1),
                (SELECT min(k) FROM unnest(g.known) k WHERE k LIKE 'pn:%'), g.known[1]),
       g.known, g.chats[1], least(g.at, now()), g.at
  FROM (SELECT i.user_id, i.wa_session_id, i.known, max(i.at) AS at, array_agg(i.sender ORDER BY i.at DESC) AS chats
          FROM (SELECT s.*, known_identities(s.user_id, ARRAY[s.sender]) AS known
                  FROM (SELECT user_id, wa_session_id, sender, max(sent_at) AS at FROM inbound_messages
                         WHERE sender NOT LIKE 'erased:%' GROUP BY 1, 2, 3) s) i
         GROUP BY 1, 2, 3) g;
