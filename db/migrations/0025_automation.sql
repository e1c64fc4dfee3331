CREATE TABLE "auto_breakers" (
	"wa_session_id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"reason" text NOT NULL,
	"tripped_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auto_cooldowns" (
	"rule_id" text NOT NULL,
	"person" text NOT NULL,
	"user_id" text NOT NULL,
	"until" timestamp with time zone NOT NULL,
	CONSTRAINT "auto_cooldowns_rule_id_person_pk" PRIMARY KEY("rule_id","person")
);
--> statement-breakpoint
CREATE TABLE "auto_replies" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"rule_id" text NOT NULL,
	"wa_session_id" text NOT NULL,
	"inbound_id" text NOT NULL,
	"message_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "auto_replies_once" UNIQUE("inbound_id","rule_id")
);
--> statement-breakpoint
CREATE TABLE "auto_rules" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"enabled_at" timestamp with time zone DEFAULT now() NOT NULL,
	"match" text NOT NULL,
	"patterns" text[] NOT NULL,
	"folds" boolean DEFAULT true NOT NULL,
	"responses" jsonb NOT NULL,
	"given" integer DEFAULT 0 NOT NULL,
	"wa_session_id" text,
	"cooldown_seconds" integer DEFAULT 3600 NOT NULL,
	"max_per_hour" integer,
	"windows" jsonb,
	"answers_at_opening" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "auto_settings" (
	"user_id" text PRIMARY KEY NOT NULL,
	"mode" text DEFAULT 'first' NOT NULL,
	"paused" boolean DEFAULT false NOT NULL,
	"max_per_minute" integer DEFAULT 20 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "conversations" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"wa_session_id" text NOT NULL,
	"person" text NOT NULL,
	"chat" text NOT NULL,
	"contact_id" text,
	"last_at" timestamp with time zone NOT NULL,
	"last_inbound_at" timestamp with time zone,
	"unread" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversations_once" UNIQUE("wa_session_id","person")
);
--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "inbound_id" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "inbound_messages" ADD COLUMN "content" text DEFAULT 'text' NOT NULL;--> statement-breakpoint
ALTER TABLE "inbound_messages" ADD COLUMN "live" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "auto_breakers" ADD CONSTRAINT "auto_breakers_wa_session_id_wa_sessions_id_fk" FOREIGN KEY ("wa_session_id") REFERENCES "public"."wa_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auto_cooldowns" ADD CONSTRAINT "auto_cooldowns_rule_id_auto_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "public"."auto_rules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auto_rules" ADD CONSTRAINT "auto_rules_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auto_rules" ADD CONSTRAINT "auto_rules_wa_session_id_wa_sessions_id_fk" FOREIGN KEY ("wa_session_id") REFERENCES "public"."wa_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auto_settings" ADD CONSTRAINT "auto_settings_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_wa_session_id_wa_sessions_id_fk" FOREIGN KEY ("wa_session_id") REFERENCES "public"."wa_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "auto_cooldowns_until" ON "auto_cooldowns" USING btree ("until");--> statement-breakpoint
CREATE INDEX "auto_replies_of_phone" ON "auto_replies" USING btree ("wa_session_id","created_at");--> statement-breakpoint
CREATE INDEX "auto_replies_of_rule" ON "auto_replies" USING btree ("rule_id","created_at");--> statement-breakpoint
CREATE INDEX "auto_replies_message" ON "auto_replies" USING btree ("message_id");--> statement-breakpoint
CREATE INDEX "auto_rules_user" ON "auto_rules" USING btree ("user_id","position");--> statement-breakpoint
CREATE INDEX "conversations_user" ON "conversations" USING btree ("user_id","last_at","id");--> statement-breakpoint
CREATE INDEX "conversations_contact" ON "conversations" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "messages_chat" ON "messages" USING btree ("wa_session_id","recipient_key","id") WHERE "messages"."kind" in ('opt_out', 'auto_reply', 'manual');
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['auto_rules', 'auto_settings', 'auto_breakers', 'auto_replies', 'auto_cooldowns', 'conversations'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own_rows ON %I FOR ALL TO masssender_web
      USING (user_id = (SELECT current_setting(''app.user_id'', true)))
      WITH CHECK (user_id = (SELECT current_setting(''app.user_id'', true)))', t);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON auto_rules, auto_settings TO masssender_web;
--> statement-breakpoint
GRANT SELECT, DELETE ON auto_breakers, auto_cooldowns TO masssender_web;
--> statement-breakpoint
GRANT SELECT ON auto_replies TO masssender_web;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON conversations TO masssender_web;
--> statement-breakpoint

-- Takes the next message of a session that belongs to no campaign, NULL when there is none. Those on their way come first
-- and wait for the session's turn (`p_paced`); new ones do not, but the phone's day has to have room (`p_room`). An empty
-- object says that one was settled instead: with its campaign or the wallet in hand no other row is looked at.
CREATE OR REPLACE FUNCTION claim_reply(p_session text, p_epoch bigint, p_paced boolean, p_room boolean, p_wait_ms float8, p_redrive_ms int[])
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  q messages;
  m messages;
  v_known text[];
BEGIN
  FOR q IN
    SELECT * FROM messages r
     WHERE r.wa_session_id = p_session AND r.campaign_id IS NULL AND r.status IN ('queued', 'sending')
       AND CASE r.status WHEN 'queued' THEN p_room AND r.not_before <= now()
                         ELSE p_paced AND (r.sending_epoch < p_epoch OR r.redrive_at <= now()) END
     ORDER BY r.status DESC, r.id
  LOOP
    v_known := known_identities(q.user_id, ARRAY[q.recipient_key]);
    IF q.kind = 'opt_out' AND q.status = 'queued' THEN
      -- What may have been written to them before is not repeated; it would hold up the confirmation for ever.
      PERFORM move_message(o.id, 'sending', 'unknown', 'keep', 'opted_out', NULL) FROM (
        SELECT o.id FROM messages o
         WHERE o.wa_session_id = p_session AND o.recipient_key = ANY (v_known) AND o.status = 'sending' AND o.kind <> 'opt_out'
           AND (o.sending_epoch < p_epoch OR o.redrive_at <= now())
         ORDER BY o.campaign_id) o;
      IF FOUND THEN RETURN '{}'; END IF;
    END IF;
    -- A message on its way blocks its own chat, under whichever identity. Looked at before the row is locked: a campaign may
    -- be locked after a row that is passed by, and only this session's claims put one on its way.
    CONTINUE WHEN q.status = 'queued' AND EXISTS (
      SELECT 1 FROM messages o
       WHERE o.wa_session_id = p_session AND o.recipient_key = ANY (v_known) AND o.status = 'sending');
    SELECT * INTO m FROM messages WHERE id = q.id AND status = q.status FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    IF m.kind <> 'opt_out' AND is_suppressed(m.user_id, m.recipient_key) THEN
      IF m.status = 'sending' THEN PERFORM move_message(m.id, 'sending', 'unknown', 'keep', 'opted_out', NULL);
      ELSE PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'opted_out', NULL);
      END IF;
      RETURN '{}';
    END IF;
    IF m.status = 'queued' THEN
      IF coalesce(m.expires_at, m.created_at + interval '24 hours') < app_now() THEN
        PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'too_late', NULL);
        RETURN '{}';
      END IF;
    END IF;
    m := submit_message(m.id, p_session, p_epoch, p_wait_ms, p_redrive_ms);
    RETURN told_of(m, q.status = 'sending');
  END LOOP;
  RETURN NULL;
END $$;
