-- The product's clock: windows, plans and retention read it, so that a test can travel. Leases and pacing use now().
CREATE TABLE app_clock (one boolean PRIMARY KEY DEFAULT true CHECK (one), shift interval NOT NULL DEFAULT '0');
--> statement-breakpoint
INSERT INTO app_clock DEFAULT VALUES;
--> statement-breakpoint
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT now() + shift FROM app_clock $$;
--> statement-breakpoint
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER wallet_txns_append_only BEFORE UPDATE OR DELETE ON wallet_txns FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER wallet_txns_keep BEFORE TRUNCATE ON wallet_txns FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE ON audit_logs FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_logs_keep BEFORE TRUNCATE ON audit_logs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint

-- Books the pump of a session with the worker that owns it, at `p_run_at` or earlier; with no owner nothing is booked,
-- because acquiring the session books. The row lock serialises bookings, so an earlier one is never pushed back. A pump
-- that runs at the moment goes on: the new job finds it at work, wakes it and ends. A failed job does not count as booked.
CREATE FUNCTION book_pump(p_session text, p_run_at timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_owner text;
  v_waiting timestamptz;
BEGIN
  SELECT owner_id INTO v_owner FROM wa_sessions WHERE id = p_session AND lease_until > now() FOR NO KEY UPDATE;
  IF v_owner IS NULL THEN RETURN false; END IF;
  SELECT run_at INTO v_waiting FROM graphile_worker.jobs
   WHERE key = 'pump:' || p_session AND task_identifier = 'wa:pump@' || v_owner AND locked_at IS NULL AND attempts < max_attempts;
  PERFORM graphile_worker.add_job(
    identifier => 'wa:pump@' || v_owner,
    payload => json_build_object('sessionId', p_session),
    run_at => least(p_run_at, coalesce(v_waiting, p_run_at)),
    max_attempts => 25,
    job_key => 'pump:' || p_session,
    job_key_mode => 'replace');
  RETURN true;
END $$;
--> statement-breakpoint

-- Row-level security: the second wall. Web queries run as `masssender_web`, which sees the rows of app.user_id alone;
-- the owner of the tables (worker, migrations, login, tokens) is the named system path and is not bound by it.
DO $$ BEGIN
  CREATE ROLE masssender_web NOLOGIN NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
--> statement-breakpoint
DO $$ BEGIN
  IF NOT pg_has_role(current_user, 'masssender_web', 'SET') THEN GRANT masssender_web TO CURRENT_USER; END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO masssender_web;
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT table_name FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name = 'user_id' LOOP
    EXECUTE format('CREATE POLICY own_rows ON %I FOR ALL TO masssender_web
      USING (user_id = (SELECT current_setting(''app.user_id'', true)))
      WITH CHECK (user_id = (SELECT current_setting(''app.user_id'', true)))', t);
  END LOOP;
  FOR t IN SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;
--> statement-breakpoint
CREATE POLICY own_row ON users FOR ALL TO masssender_web
  USING (id = (SELECT current_setting('app.user_id', true))) WITH CHECK (id = (SELECT current_setting('app.user_id', true)));
--> statement-breakpoint
CREATE POLICY own_numbers ON wa_numbers FOR SELECT TO masssender_web
  USING (phone IN (SELECT s.phone FROM wa_sessions s WHERE s.user_id = (SELECT current_setting('app.user_id', true))));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON wa_sessions, wa_commands, contact_lists, contacts, imports, messages, schedules,
  wallets, plan_periods TO masssender_web;
--> statement-breakpoint
GRANT SELECT, INSERT ON wallet_txns, audit_logs TO masssender_web;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON import_rows, suppressions, api_tokens, campaigns TO masssender_web;
--> statement-breakpoint
GRANT SELECT ON identity_pairs, wa_numbers TO masssender_web;
--> statement-breakpoint
GRANT SELECT, UPDATE ON users TO masssender_web;
--> statement-breakpoint

-- Every invariant of points, one row for each breach. Always empty: tests, an hourly job and a metric look.
CREATE VIEW violations AS
WITH open_rows AS (
  SELECT user_id, campaign_id, sum(price_points)::int AS points FROM messages
   WHERE status IN ('queued', 'sending', 'unknown') GROUP BY user_id, campaign_id
), held AS (
  SELECT user_id, sum(points)::int AS points FROM open_rows GROUP BY user_id
), ledger AS (
  SELECT wallet_id, sum(points)::int AS points, count(*)::int AS rows,
         -sum(points) FILTER (WHERE type IN ('deduct', 'refund'))::int AS charged
    FROM wallet_txns GROUP BY wallet_id
), running AS (
  SELECT id, balance_after, sum(points) OVER (PARTITION BY wallet_id ORDER BY seq)::int AS expected FROM wallet_txns
), cost AS (
  SELECT user_id, sum(cost_points)::int AS points FROM messages GROUP BY user_id
)
SELECT 'balance_is_sum_of_ledger' AS name, w.id AS subject FROM wallets w LEFT JOIN ledger l ON l.wallet_id = w.id
 WHERE w.balance <> coalesce(l.points, 0)
UNION ALL
SELECT 'version_counts_ledger', w.id FROM wallets w LEFT JOIN ledger l ON l.wallet_id = w.id WHERE w.version <> coalesce(l.rows, 0)
UNION ALL
SELECT 'balance_after_is_running_sum', id FROM running WHERE balance_after <> expected
UNION ALL
SELECT 'held_is_sum_of_open_rows', w.id FROM wallets w LEFT JOIN held h ON h.user_id = w.user_id WHERE w.held <> coalesce(h.points, 0)
UNION ALL
SELECT 'campaign_hold_is_its_open_rows', c.id FROM campaigns c LEFT JOIN open_rows o ON o.campaign_id = c.id
 WHERE c.hold_open <> coalesce(o.points, 0)
UNION ALL
SELECT 'charged_is_cost_of_messages', w.id FROM wallets w
  LEFT JOIN ledger l ON l.wallet_id = w.id LEFT JOIN cost m ON m.user_id = w.user_id
 WHERE coalesce(l.charged, 0) <> coalesce(m.points, 0)
UNION ALL
SELECT 'accepted_costs_its_price', id FROM messages
 WHERE cost_points <> CASE WHEN status IN ('sent', 'delivered', 'read') AND NOT uncharged THEN price_points ELSE 0 END
UNION ALL
SELECT 'total_counts_rows', c.id FROM campaigns c
 WHERE c.status <> 'draft' AND c.total <> (SELECT count(*) FROM messages m WHERE m.campaign_id = c.id);
