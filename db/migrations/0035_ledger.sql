CREATE TABLE "ledger_checks" (
	"ran_at" timestamp with time zone PRIMARY KEY DEFAULT now() NOT NULL,
	"took_ms" integer NOT NULL,
	"violations" integer NOT NULL,
	"found" jsonb NOT NULL
);

--> statement-breakpoint
ALTER TABLE ledger_checks ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint

-- Holds points for what is about to be queued. One guarded statement, so that two starts cannot both pass: false when fewer
-- are available.
CREATE FUNCTION reserve_points(p_user text, p_points int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE wallets SET held = held + p_points WHERE user_id = p_user AND balance - held >= p_points;
  RETURN FOUND;
END $$;
--> statement-breakpoint

-- Gives back held points that will not be spent.
CREATE FUNCTION release_points(p_user text, p_points int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE wallets SET held = held - p_points WHERE user_id = p_user AND p_points <> 0;
END $$;
--> statement-breakpoint

-- Moves one message from a status to another and its points with it: `settle` charges its hold, `settle_late` charges what
-- had been given back (or marks it uncharged), `release` gives the hold back, `refund` what was charged, `forgive` marks as
-- uncharged what was refunded and arrived all the same, `keep` leaves points alone.
-- False when the message is not in `p_from` any more.
CREATE OR REPLACE FUNCTION move_message(p_id text, p_from text, p_to text, p_points text, p_error text, p_txn_id text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_campaign text;
  v_accepted boolean := p_to IN ('sent', 'delivered', 'read');
  v_held int;
  m messages;
BEGIN
  SELECT campaign_id INTO v_campaign FROM messages WHERE id = p_id;
  PERFORM 1 FROM campaigns WHERE id = v_campaign FOR NO KEY UPDATE;
  UPDATE messages SET
      status = p_to,
      error_code = p_error,
      redrive_at = NULL,
      sent_at = CASE WHEN v_accepted THEN coalesce(sent_at, now()) ELSE sent_at END,
      delivered_at = CASE WHEN p_to IN ('delivered', 'read') THEN coalesce(delivered_at, now()) ELSE delivered_at END,
      read_at = CASE WHEN p_to = 'read' THEN now() ELSE read_at END,
      ended_at = CASE WHEN p_to IN ('failed', 'skipped', 'cancelled') THEN now() END,
      cost_points = CASE p_points WHEN 'settle' THEN price_points WHEN 'settle_late' THEN price_points WHEN 'refund' THEN 0 ELSE cost_points END
   WHERE id = p_id AND status = p_from
   RETURNING * INTO m;
  IF NOT FOUND THEN RETURN false; END IF;
  IF p_points = 'keep' THEN
    IF p_to = 'unknown' THEN PERFORM finish_campaign(v_campaign);
    -- A receipt that a crash of the database itself loses leaves "sent" on the screen, which is true.
    ELSE PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    RETURN true;
  END IF;
  IF p_points = 'refund' THEN
    PERFORM book_points(p_txn_id, m.user_id, 'refund', CASE WHEN m.uncharged THEN 0 ELSE m.price_points END, 0, 'msg:' || m.id);
    RETURN true;
  END IF;

  v_held := CASE WHEN p_points IN ('settle_late', 'forgive') THEN 0 ELSE m.price_points END;
  UPDATE campaigns SET hold_open = hold_open - v_held, consecutive_failures = CASE WHEN v_accepted THEN 0 ELSE consecutive_failures END
   WHERE id = v_campaign;
  IF p_points = 'release' THEN
    PERFORM release_points(m.user_id, v_held);
  ELSIF p_points = 'forgive'
     OR NOT book_points(p_txn_id, m.user_id, 'deduct', -m.price_points, v_held, 'msg:' || m.id, p_points = 'settle_late') THEN
    UPDATE messages SET cost_points = 0, uncharged = true WHERE id = p_id;
    INSERT INTO audit_logs (id, user_id, action, meta)
    VALUES ('aud_' || substr(p_txn_id, 5), m.user_id, 'message.uncharged', jsonb_build_object('messageId', m.id, 'points', m.price_points));
  END IF;
  PERFORM finish_campaign(v_campaign);
  RETURN true;
END $$;
--> statement-breakpoint

-- Applies facts of WhatsApp's to messages of one session, in the order they came: `outcomes` of each says for every standing
-- what becomes of it and of its points. No row for a message that is unknown here, or when a fact tells nothing new. Names the
-- campaign whose screen shows the message, that of a test too.
CREATE OR REPLACE FUNCTION apply_facts(p_session text, p_facts jsonb) RETURNS TABLE (user_id text, campaign_id text) LANGUAGE plpgsql AS $$
DECLARE
  f jsonb;
  m messages;
  v_outcome jsonb;
  v_once boolean := false;
BEGIN
  IF jsonb_array_length(p_facts) > 1 THEN
    -- All campaigns before the first message and the first wallet.
    PERFORM FROM campaigns c
      WHERE c.id IN (SELECT q.campaign_id FROM messages q JOIN jsonb_array_elements(p_facts) AS told(fact)
                       ON q.wa_session_id = p_session AND q.wa_msg_id = told.fact ->> 'waMsgId')
      ORDER BY c.id FOR NO KEY UPDATE;
  END IF;
  FOR f IN SELECT value FROM jsonb_array_elements(p_facts) LOOP
    LOOP
      SELECT * INTO m FROM messages WHERE wa_session_id = p_session AND wa_msg_id = f ->> 'waMsgId';
      v_outcome := f -> 'outcomes' -> CASE
        WHEN m.status = 'sent' AND m.submissions > 1 THEN 'sent_again'
        WHEN m.status = 'failed' AND m.sent_at IS NOT NULL THEN 'taken_back'
        ELSE m.status END;
      EXIT WHEN v_outcome IS NULL;
      IF move_message(m.id, m.status, v_outcome ->> 'status', v_outcome ->> 'points', v_outcome ->> 'error', f ->> 'txnId') THEN
        v_once := v_once OR (m.status <> 'sending' AND v_outcome ->> 'points' <> 'keep');
        RETURN QUERY SELECT m.user_id, coalesce(m.campaign_id, m.test_of);
        EXIT;
      END IF;
      -- Somebody was quicker: judge by what the message has become.
    END LOOP;
  END LOOP;
  -- Of a message on its way it need not be on disk at once, and nobody waits for its locks meanwhile: if a crash of the
  -- database itself loses it, status and charge are lost together, the message is handed over again under its id, WhatsApp
  -- says the same again, and the recipient sees nothing of it. What was given up, or taken back, is not handed over again.
  PERFORM set_config('synchronous_commit', CASE WHEN v_once THEN 'on' ELSE 'off' END, true);
END $$;
--> statement-breakpoint

-- Every invariant of points and of what is sold, one row for each breach. Always empty: tests, an hourly job and a metric look.
CREATE OR REPLACE VIEW violations AS
WITH open_rows AS (
  SELECT user_id, campaign_id, sum(price_points)::int AS points FROM messages
   WHERE status IN ('queued', 'sending', 'unknown') GROUP BY user_id, campaign_id
), held AS (
  SELECT user_id, sum(points)::int AS points FROM open_rows GROUP BY user_id
), ledger AS (
  SELECT wallet_id, sum(points)::int AS points, count(*)::int AS rows,
         coalesce(-sum(points) FILTER (WHERE type IN ('deduct', 'refund')), 0)::int AS charged
    FROM wallet_txns GROUP BY wallet_id
), running AS (
  SELECT id, seq, balance_after, points, lag(seq, 1, 0) OVER w AS seq_before, lag(balance_after, 1, 0) OVER w AS balance_before
    FROM wallet_txns WINDOW w AS (PARTITION BY wallet_id ORDER BY seq)
), cost AS (
  SELECT user_id, sum(cost_points)::int AS points FROM messages GROUP BY user_id
), series AS (
  SELECT series, min(seq) AS first, max(seq) AS last, count(*) AS rows FROM invoices GROUP BY series
), causes AS (
  SELECT id, user_id, points, plan, CASE kind WHEN 'topup' THEN 'topup' END AS books FROM purchases WHERE status = 'paid'
  UNION ALL
  SELECT id, user_id, points, plan, CASE WHEN plan IS NULL THEN 'grant' END FROM grants
)
SELECT 'balance_is_sum_of_ledger' AS name, w.id AS subject FROM wallets w LEFT JOIN ledger l ON l.wallet_id = w.id
 WHERE w.balance <> coalesce(l.points, 0)
UNION ALL
SELECT 'version_counts_ledger', w.id FROM wallets w LEFT JOIN ledger l ON l.wallet_id = w.id WHERE w.version <> coalesce(l.rows, 0)
UNION ALL
SELECT 'held_is_within_balance', id FROM wallets WHERE held < 0 OR held > balance
UNION ALL
SELECT 'balance_after_is_running_sum', id FROM running WHERE balance_after <> balance_before + points OR seq <> seq_before + 1
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
SELECT 'charge_is_that_of_its_message', t.id FROM wallet_txns t LEFT JOIN messages m ON m.id = substr(t.ref_id, 5) AND m.user_id = t.user_id
 WHERE t.type = 'deduct' AND (m.id IS NULL OR t.points <> -m.price_points OR (m.cost_points = 0) <> EXISTS (
   SELECT FROM wallet_txns r WHERE r.wallet_id = t.wallet_id AND r.type = 'refund' AND r.ref_id = t.ref_id))
UNION ALL
SELECT 'refund_is_of_a_charge', r.id FROM wallet_txns r
 WHERE r.type = 'refund' AND NOT EXISTS (
   SELECT FROM wallet_txns t WHERE t.wallet_id = r.wallet_id AND t.type = 'deduct' AND t.ref_id = r.ref_id AND t.points = -r.points)
UNION ALL
SELECT 'accepted_costs_its_price', id FROM messages
 WHERE cost_points <> CASE WHEN status IN ('sent', 'delivered', 'read') AND NOT uncharged THEN price_points ELSE 0 END
UNION ALL
SELECT 'total_counts_rows', c.id FROM campaigns c
 WHERE c.status <> 'draft' AND c.total <> (SELECT count(*) FROM messages m WHERE m.campaign_id = c.id)
UNION ALL
-- What was paid for, or given, was booked once, with its points; and nothing was booked that was not.
SELECT 'cause_is_booked', c.id FROM causes c
 WHERE c.books IS NOT NULL AND c.points <> 0 AND NOT EXISTS (
   SELECT FROM wallet_txns t WHERE t.user_id = c.user_id AND t.type = c.books AND t.ref_id = c.id AND t.points = c.points)
UNION ALL
SELECT 'booking_has_a_cause', t.id FROM wallet_txns t LEFT JOIN causes c ON c.id = t.ref_id AND c.user_id = t.user_id AND c.books = t.type
 WHERE t.type IN ('topup', 'grant') AND c.id IS NULL
UNION ALL
SELECT 'cause_opens_its_period', c.id FROM causes c
 WHERE c.plan IS NOT NULL AND NOT EXISTS (
   SELECT FROM plan_periods p WHERE p.ref_id = c.id AND p.user_id = c.user_id AND p.plan = c.plan AND p.points = c.points)
UNION ALL
SELECT 'period_has_a_cause', p.id FROM plan_periods p
 WHERE (p.ref_id LIKE 'pur\_%' OR p.ref_id LIKE 'gra\_%') AND NOT EXISTS (
   SELECT FROM causes c WHERE c.id = p.ref_id AND c.user_id = p.user_id AND c.plan = p.plan)
UNION ALL
SELECT 'period_is_booked', p.id FROM plan_periods p
 WHERE p.points <> 0 AND NOT EXISTS (
   SELECT FROM wallet_txns t WHERE t.wallet_id = p.wallet_id AND t.type = 'allocation' AND t.ref_id = p.id AND t.points = p.points)
UNION ALL
SELECT 'allocation_has_a_period', t.id FROM wallet_txns t LEFT JOIN plan_periods p ON p.id = t.ref_id AND p.wallet_id = t.wallet_id
 WHERE t.type = 'allocation' AND p.id IS NULL
UNION ALL
SELECT 'paid_purchase_has_a_receipt', p.id FROM purchases p LEFT JOIN invoices i ON i.purchase_id = p.id
 WHERE p.status = 'paid' AND i.id IS NULL
UNION ALL
SELECT 'receipt_has_a_payment', i.id FROM invoices i JOIN purchases p ON p.id = i.purchase_id WHERE p.status <> 'paid' OR p.user_id <> i.user_id
UNION ALL
SELECT 'invoice_numbers_have_no_gap', coalesce(n.series, s.series) FROM invoice_numbers n FULL JOIN series s ON s.series = n.series
 WHERE coalesce(n.last, 0) <> coalesce(s.rows, 0) OR s.first <> 1 OR s.last <> s.rows;
--> statement-breakpoint

-- No page makes points: what is booked, what a plan gives and that something was paid is written on the system path alone. Of a
-- wallet a page changes what it holds for messages, and what its user sets.
REVOKE INSERT, UPDATE ON wallets, plan_periods FROM masssender_web;
--> statement-breakpoint
REVOKE INSERT ON wallet_txns FROM masssender_web;
--> statement-breakpoint
GRANT UPDATE (held, auto_renew, next_plan, low_points, bill_name, bill_address, bill_tax_id) ON wallets TO masssender_web;
--> statement-breakpoint
-- Nor an administrator, who could give them away.
REVOKE UPDATE ON users FROM masssender_web;
--> statement-breakpoint
-- Enough to lock one's own row by.
GRANT UPDATE (tz) ON users TO masssender_web;
--> statement-breakpoint
CREATE POLICY begins_unpaid ON purchases AS RESTRICTIVE FOR INSERT TO masssender_web
  WITH CHECK (status = 'pending' AND settled_at IS NULL AND NOT automatic);
