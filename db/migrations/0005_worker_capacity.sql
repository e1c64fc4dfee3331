ALTER TABLE "workers" ADD COLUMN "capacity" integer DEFAULT 20 NOT NULL;--> statement-breakpoint
ALTER TABLE "workers" ADD COLUMN "network" text DEFAULT 'simulator' NOT NULL;