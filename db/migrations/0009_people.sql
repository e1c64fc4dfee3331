-- A name as it is searched for: without accents and capitals, its words apart by one space.
CREATE FUNCTION search_fold(p_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT trim(regexp_replace(lower(regexp_replace(normalize(left(p_name, 300), NFKD), '[\u0300-\u036f]+', '', 'g')), '[^[:alnum:]]+', ' ', 'g')) $$;
--> statement-breakpoint
-- The words of a name, each under its user: nobody's search passes through the names of others.
CREATE FUNCTION search_keys(p_user text, p_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT substr(replace(' ' || public.search_fold(p_name), ' ', ' ' || left(md5(p_user), 8) || '/'), 2) $$;
--> statement-breakpoint
CREATE FUNCTION search_words(p_user text, p_name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT array_to_tsvector(string_to_array(public.search_keys(p_user, p_name), ' ')) $$;
--> statement-breakpoint
CREATE TABLE "consent_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "consent_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" text NOT NULL,
	"contact_id" text NOT NULL,
	"kind" text NOT NULL,
	"source" text NOT NULL,
	"import_id" text,
	"row_no" integer,
	"statement" text,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contact_list_members" (
	"contact_list_id" text NOT NULL,
	"contact_id" text NOT NULL,
	"user_id" text NOT NULL,
	CONSTRAINT "contact_list_members_contact_list_id_contact_id_pk" PRIMARY KEY("contact_list_id","contact_id")
);
--> statement-breakpoint
CREATE TABLE "inbound_messages" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"wa_session_id" text NOT NULL,
	"wa_msg_id" text NOT NULL,
	"sender" text NOT NULL,
	"contact_id" text,
	"body" text,
	"sent_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbound_messages_once" UNIQUE("wa_session_id","sender","wa_msg_id")
);
--> statement-breakpoint
CREATE TABLE "tombstones" (
	"user_id" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tombstones_user_id_hash_pk" PRIMARY KEY("user_id","hash")
);
--> statement-breakpoint
CREATE TABLE "import_files" (
	"import_id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"bytes" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app_keys" (
	"name" text PRIMARY KEY NOT NULL,
	"wrapped_key" "bytea" NOT NULL,
	"key_id" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "contacts" DROP CONSTRAINT "contacts_once_per_list";--> statement-breakpoint
ALTER TABLE "contacts" DROP CONSTRAINT "contacts_contact_list_id_contact_lists_id_fk";
--> statement-breakpoint
DROP INDEX "contacts_list";--> statement-breakpoint
DROP INDEX "contacts_user_phone";--> statement-breakpoint
DROP INDEX "import_rows_verdict";--> statement-breakpoint
ALTER TABLE "contacts" ALTER COLUMN "contact_list_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "import_rows" ALTER COLUMN "attributes" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "purpose" text DEFAULT 'message' NOT NULL;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "audience" text DEFAULT 'list' NOT NULL;--> statement-breakpoint
ALTER TABLE "contact_lists" ADD COLUMN "double_opt_in" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "contact_lists" ADD COLUMN "group_key" text;--> statement-breakpoint
ALTER TABLE "contact_lists" ADD COLUMN "wa_session_id" text;--> statement-breakpoint
ALTER TABLE "contact_lists" ADD COLUMN "hidden_members" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "confirmed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "import_rows" ADD COLUMN "cells" jsonb;--> statement-breakpoint
ALTER TABLE "import_rows" ADD COLUMN "note" text;--> statement-breakpoint
ALTER TABLE "import_rows" ADD COLUMN "contact_id" text;--> statement-breakpoint
ALTER TABLE "import_rows" ADD COLUMN "before" jsonb;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "read_options" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "read_as" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "sheets" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "titles" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "mapping" jsonb;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "country" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "made_list" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "error" text;--> statement-breakpoint
ALTER TABLE "import_files" ADD CONSTRAINT "import_files_import_id_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."imports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
-- A contact was a row of a list; now it is a person. The oldest row of each number stays and knows what the others knew.
CREATE TABLE people_kept AS
  SELECT id, first_value(id) OVER (PARTITION BY user_id, phone_e164 ORDER BY id) AS kept FROM contacts;
--> statement-breakpoint
INSERT INTO contact_list_members (contact_list_id, contact_id, user_id)
  SELECT DISTINCT c.contact_list_id, k.kept, c.user_id FROM contacts c JOIN people_kept k USING (id);
--> statement-breakpoint
INSERT INTO consent_events (user_id, contact_id, kind, source, import_id, row_no, statement, at)
  SELECT c.user_id, k.kept, 'given', 'import', c.import_id, (regexp_match(c.consent_source, ', row (\d+)$'))[1]::int,
         c.consent_statement, coalesce(c.consent_at, c.created_at)
    FROM contacts c JOIN people_kept k USING (id) WHERE c.consent ORDER BY c.id;
--> statement-breakpoint
UPDATE contacts c SET consent = o.consent, on_whatsapp = coalesce(c.on_whatsapp, o.on_whatsapp),
    on_whatsapp_at = coalesce(c.on_whatsapp_at, o.on_whatsapp_at),
    attributes = (SELECT coalesce(jsonb_object_agg(a.key, a.value ORDER BY r.id), '{}')
                    FROM people_kept k JOIN contacts r ON r.id = k.id CROSS JOIN jsonb_each(r.attributes) a WHERE k.kept = c.id)
  FROM (SELECT k.kept, bool_and(r.consent) AS consent, bool_or(r.on_whatsapp) AS on_whatsapp, max(r.on_whatsapp_at) AS on_whatsapp_at
          FROM people_kept k JOIN contacts r ON r.id = k.id GROUP BY k.kept HAVING count(*) > 1) o
 WHERE c.id = o.kept;
--> statement-breakpoint
UPDATE messages m SET contact_id = k.kept FROM people_kept k WHERE k.id = m.contact_id AND k.id <> k.kept;
--> statement-breakpoint
DELETE FROM contacts c USING people_kept k WHERE c.id = k.id AND k.id <> k.kept;
--> statement-breakpoint
DROP TABLE people_kept;
--> statement-breakpoint
UPDATE contact_lists l SET total = (SELECT count(*) FROM contact_list_members m WHERE m.contact_list_id = l.id);
--> statement-breakpoint
-- Rows of undecided files do not hold what is needed now: their files are uploaded again.
DELETE FROM import_rows;
--> statement-breakpoint
UPDATE imports SET status = 'discarded' WHERE status = 'staged';
--> statement-breakpoint
CREATE INDEX "consent_events_contact" ON "consent_events" USING btree ("contact_id","id");--> statement-breakpoint
CREATE INDEX "contact_list_members_contact" ON "contact_list_members" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "inbound_messages_contact" ON "inbound_messages" USING btree ("contact_id","sent_at");--> statement-breakpoint
CREATE INDEX "inbound_messages_user" ON "inbound_messages" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "messages_replies" ON "messages" USING btree ("wa_session_id","id") WHERE "messages"."campaign_id" is null and "messages"."status" in ('queued', 'sending');--> statement-breakpoint
CREATE INDEX "messages_contact" ON "messages" USING btree ("contact_id","id");--> statement-breakpoint
CREATE INDEX "contacts_user" ON "contacts" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "contacts_without_consent" ON "contacts" USING btree ("user_id","id") WHERE not "contacts"."consent";--> statement-breakpoint
CREATE INDEX "contacts_user_phone_end" ON "contacts" USING btree ("user_id",reverse("phone_e164") text_pattern_ops);--> statement-breakpoint
CREATE INDEX "contacts_words" ON "contacts" USING gin (search_words("user_id","name")) WITH (gin_pending_list_limit=65536);--> statement-breakpoint
CREATE INDEX "contacts_tags" ON "contacts" USING gin ("tags") WHERE "contacts"."tags" <> '{}';--> statement-breakpoint
CREATE INDEX "import_rows_verdict" ON "import_rows" USING btree ("import_id","verdict","row_no") WHERE "import_rows"."verdict" <> 'valid';--> statement-breakpoint
CREATE UNIQUE INDEX "contacts_once_per_user" ON "contacts" USING btree ("user_id","phone_e164" text_pattern_ops);