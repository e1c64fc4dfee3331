CREATE TABLE "message_templates" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone,
	CONSTRAINT "message_templates_name" UNIQUE("user_id","name")
);
--> statement-breakpoint
CREATE TABLE "media" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"file_name" text NOT NULL,
	"mime_type" text NOT NULL,
	"bytes" integer NOT NULL,
	"sha256" text NOT NULL,
	"width" integer,
	"height" integer,
	"thumbnail" "bytea",
	"scan" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	CONSTRAINT "media_once_per_user" UNIQUE("user_id","sha256")
);
--> statement-breakpoint
CREATE TABLE "media_uploads" (
	"campaign_id" text NOT NULL,
	"wa_session_id" text NOT NULL,
	"media_id" text NOT NULL,
	"user_id" text NOT NULL,
	"encoded" "bytea" NOT NULL,
	"uploaded_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "media_uploads_campaign_id_wa_session_id_media_id_pk" PRIMARY KEY("campaign_id","wa_session_id","media_id")
);
--> statement-breakpoint
ALTER TABLE "campaigns" ALTER COLUMN "wa_session_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "list_ids" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "narrow" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "except_list_ids" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "except_tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "media_id" text;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "scheduled_for" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "schedule_tz" text;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "schedule_problem" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "test_of" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "media_id" text;--> statement-breakpoint
ALTER TABLE "media" ADD CONSTRAINT "media_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_uploads" ADD CONSTRAINT "media_uploads_wa_session_id_wa_sessions_id_fk" FOREIGN KEY ("wa_session_id") REFERENCES "public"."wa_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_uploads" ADD CONSTRAINT "media_uploads_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "campaigns_due" ON "campaigns" USING btree ("scheduled_for") WHERE "campaigns"."status" = 'scheduled';--> statement-breakpoint
CREATE INDEX "messages_tests" ON "messages" USING btree ("test_of","id") WHERE "messages"."test_of" is not null;
--> statement-breakpoint
UPDATE campaigns SET list_ids = ARRAY[contact_list_id];
--> statement-breakpoint
ALTER TABLE campaigns DROP COLUMN contact_list_id;
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['message_templates', 'media', 'media_uploads'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own_rows ON %I FOR ALL TO masssender_web
      USING (user_id = (SELECT current_setting(''app.user_id'', true)))
      WITH CHECK (user_id = (SELECT current_setting(''app.user_id'', true)))', t);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON message_templates TO masssender_web;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON media TO masssender_web;
--> statement-breakpoint
-- What the worker is told of a claimed row, the file that goes with it too. `rebuild`: 0015.
CREATE OR REPLACE FUNCTION told_of(m messages, p_redrive boolean) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_known text[];
  v_rebuild boolean := false;
BEGIN
  IF EXISTS (SELECT 1 FROM messages o WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown') THEN
    v_known := known_identities(m.user_id, ARRAY[m.recipient_key]);
    v_rebuild := EXISTS (
      SELECT 1 FROM messages o
       WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown' AND o.id <> m.id AND o.recipient_key = ANY (v_known)
         AND NOT EXISTS (SELECT 1 FROM messages r
                          WHERE r.wa_session_id = m.wa_session_id AND r.recipient_key = ANY (v_known) AND r.id <> m.id
                            AND r.sent_at IS NOT NULL AND r.sending_at > o.sending_at));
  END IF;
  RETURN jsonb_build_object(
    'id', m.id, 'userId', m.user_id, 'campaignId', m.campaign_id, 'kind', m.kind, 'recipientKey', m.recipient_key,
    'text', m.resolved_text, 'mediaId', m.media_id, 'waMsgId', m.wa_msg_id, 'redrive', p_redrive, 'rebuild', v_rebuild);
END $$;
