ALTER TABLE "auto_breakers" ADD COLUMN "inbound_id" text;--> statement-breakpoint
ALTER TABLE "auto_breakers" ADD COLUMN "resumed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "media_uploads" DROP CONSTRAINT "media_uploads_campaign_id_wa_session_id_media_id_pk";--> statement-breakpoint
ALTER TABLE "media_uploads" ALTER COLUMN "campaign_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "media_uploads" ADD CONSTRAINT "media_uploads_once" UNIQUE NULLS NOT DISTINCT("campaign_id","wa_session_id","media_id");--> statement-breakpoint
REVOKE DELETE ON auto_breakers FROM masssender_web;--> statement-breakpoint
GRANT UPDATE ON auto_breakers TO masssender_web;
