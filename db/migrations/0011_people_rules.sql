-- Counts who is on a list, whoever puts them there or takes them off.
CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE contact_lists l SET total = l.total + CASE TG_OP WHEN 'INSERT' THEN c.n ELSE -c.n END
    FROM (SELECT contact_list_id, count(*)::int AS n FROM changed GROUP BY contact_list_id) c WHERE l.id = c.contact_list_id;
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
