-- Books a job in place of one that waits under the same key. Every job but the crontab's is booked by this: of a job that is taken in the very
-- moment it is booked anew, graphile-worker's own `add_job` leaves nothing behind and returns no row
-- (https://github.com/graphile/worker/issues/580), and the one that was taken may have looked before this transaction commits.
-- Asked again it sees that the other runs, and books one more.
CREATE FUNCTION book_job(p_task text, p_payload json, p_key text, p_run_at timestamptz DEFAULT now(),
  p_max_attempts int DEFAULT 25, p_priority int DEFAULT 0) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    EXIT WHEN (graphile_worker.add_job(identifier => p_task, payload => p_payload, run_at => p_run_at, max_attempts => p_max_attempts,
      job_key => p_key, priority => p_priority, job_key_mode => 'replace')).id IS NOT NULL;
  END LOOP;
END $$;
--> statement-breakpoint

CREATE OR REPLACE FUNCTION book_pump(p_session text, p_run_at timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_owner text;
  v_waiting timestamptz;
BEGIN
  SELECT owner_id INTO v_owner FROM wa_sessions WHERE id = p_session AND lease_until > now() FOR NO KEY UPDATE;
  IF v_owner IS NULL THEN RETURN false; END IF;
  SELECT run_at INTO v_waiting FROM graphile_worker.jobs
   WHERE key = 'pump:' || p_session AND task_identifier = 'wa:pump@' || v_owner AND locked_at IS NULL AND attempts < max_attempts;
  PERFORM book_job('wa:pump@' || v_owner, json_build_object('sessionId', p_session), 'pump:' || p_session,
    p_run_at => least(p_run_at, coalesce(v_waiting, p_run_at)));
  RETURN true;
END $$;
--> statement-breakpoint

CREATE OR REPLACE FUNCTION book_import(p_import text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM book_job('imports:read', json_build_object('importId', p_import), 'import:' || p_import, p_max_attempts => 5)
    FROM imports WHERE id = p_import AND user_id = current_setting('app.user_id', true) AND status = 'reading';
END $$;
--> statement-breakpoint

CREATE OR REPLACE FUNCTION book_webhooks() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM book_job('webhooks:deliver', '{}'::json, 'webhooks:deliver', p_max_attempts => 2);
END $$;
