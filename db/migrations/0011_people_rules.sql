-- Counts who is on a list, whoever puts them there or takes them off.
CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE contact_lists l SET total = l.total + CASE TG_OP WHEN 'INSERT' THEN c.n ELSE -c.n END
    FROM (SELECT contact_list_id, user_id, count(*)::int AS n FROM changed GROUP BY contact_list_id, user_id) c
   WHERE l.id = c.contact_list_id AND l.user_id = c.user_id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER members_added AFTER INSERT ON contact_list_members REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_members();
--> statement-breakpoint
CREATE TRIGGER members_gone AFTER DELETE ON contact_list_members REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_members();
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['contact_list_members', 'consent_events', 'inbound_messages', 'tombstones', 'import_files'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own_rows ON %I FOR ALL TO masssender_web
      USING (user_id = (SELECT current_setting(''app.user_id'', true)))
      WITH CHECK (user_id = (SELECT current_setting(''app.user_id'', true)))', t);
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE app_keys ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON contact_list_members, consent_events, import_files TO masssender_web;
--> statement-breakpoint
GRANT SELECT, UPDATE, DELETE ON inbound_messages TO masssender_web;
--> statement-breakpoint
GRANT SELECT, INSERT ON tombstones TO masssender_web;
--> statement-breakpoint
GRANT DELETE ON contacts, contact_lists, identity_pairs TO masssender_web;
--> statement-breakpoint
-- A merge makes two numbers one person.
GRANT INSERT, UPDATE ON identity_pairs TO masssender_web;
--> statement-breakpoint
-- Says of a contact when it last changed: an import can be taken back until then. Who sets the time by hand (the undo) keeps it.
ALTER TABLE contacts ADD COLUMN changed_at timestamptz;
--> statement-breakpoint
CREATE FUNCTION contact_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.changed_at IS NOT DISTINCT FROM OLD.changed_at THEN NEW.changed_at := app_now(); END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER contacts_changed BEFORE UPDATE OF name, phone_e164, attributes, tags, consent, confirmed_at ON contacts FOR EACH ROW
  WHEN ((OLD.name, OLD.phone_e164, OLD.attributes, OLD.tags, OLD.consent, OLD.confirmed_at)
    IS DISTINCT FROM (NEW.name, NEW.phone_e164, NEW.attributes, NEW.tags, NEW.consent, NEW.confirmed_at))
  EXECUTE FUNCTION contact_changed();
--> statement-breakpoint
-- Users and imports are never deleted; checking each row against them cost an import a fifth of its time.
ALTER TABLE contacts DROP CONSTRAINT contacts_user_id_users_id_fk;
--> statement-breakpoint
ALTER TABLE import_rows DROP CONSTRAINT import_rows_import_id_imports_id_fk;
--> statement-breakpoint
-- Books the job that reads a large file; the web role has no right on the queue's tables.
CREATE FUNCTION book_import(p_import text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM graphile_worker.add_job(identifier => 'imports:read', payload => json_build_object('importId', p_import),
    max_attempts => 5, job_key => 'import:' || p_import, job_key_mode => 'replace')
    FROM imports WHERE id = p_import AND user_id = current_setting('app.user_id', true) AND status = 'reading';
END $$;
