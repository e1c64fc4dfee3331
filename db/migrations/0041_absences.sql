ALTER TABLE "wa_disconnects" ADD COLUMN "back_at" timestamp with time zone;--> statement-breakpoint
-- Of earlier ones nobody knows how long they took.
UPDATE "wa_disconnects" SET "back_at" = "at";
