ALTER TABLE wa_disconnects ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own_rows ON wa_disconnects FOR ALL TO masssender_web
  USING (user_id = (SELECT current_setting('app.user_id', true)))
  WITH CHECK (user_id = (SELECT current_setting('app.user_id', true)));
--> statement-breakpoint
GRANT SELECT ON wa_disconnects TO masssender_web;
--> statement-breakpoint
-- Until now the seals named the key of the environment that had wrapped the data key.
UPDATE wa_sessions SET data_key_id = key_id WHERE key_id IS NOT NULL;
