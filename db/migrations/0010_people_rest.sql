ALTER TABLE "contacts" DROP COLUMN "contact_list_id";--> statement-breakpoint
ALTER TABLE "contacts" DROP COLUMN "consent_source";--> statement-breakpoint
ALTER TABLE "contacts" DROP COLUMN "consent_statement";--> statement-breakpoint
ALTER TABLE "import_rows" DROP COLUMN "name";--> statement-breakpoint
ALTER TABLE "import_rows" DROP COLUMN "phone";--> statement-breakpoint
ALTER TABLE "import_rows" DROP COLUMN "consent";--> statement-breakpoint
ALTER TABLE "import_rows" DROP COLUMN "attributes";--> statement-breakpoint
ALTER TABLE "import_rows" DROP COLUMN "value";