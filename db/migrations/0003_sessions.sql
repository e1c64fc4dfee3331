CREATE TABLE "wa_disconnects" (
	"id" text PRIMARY KEY NOT NULL,
	"wa_session_id" text NOT NULL,
	"user_id" text NOT NULL,
	"code" integer,
	"reason" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "on_whatsapp" boolean;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "on_whatsapp_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "wa_commands" ADD COLUMN "input" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "wa_numbers" ADD COLUMN "day_checked" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "link_by" text DEFAULT 'qr' NOT NULL;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "pairing_phone" text;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "pairing_code" text;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "pairing_code_expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "replace_phone" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "data_key_id" text;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "last_used_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "idle_warned_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "wa_sessions" ADD COLUMN "new_chats" jsonb;--> statement-breakpoint
ALTER TABLE "wa_disconnects" ADD CONSTRAINT "wa_disconnects_wa_session_id_wa_sessions_id_fk" FOREIGN KEY ("wa_session_id") REFERENCES "public"."wa_sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "wa_disconnects_session" ON "wa_disconnects" USING btree ("wa_session_id","at" DESC NULLS LAST);