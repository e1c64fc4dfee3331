-- Ends a campaign that has nothing left to send. True when it has ended now.
CREATE OR REPLACE FUNCTION finish_campaign(p_campaign text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  -- Nearly always something waits still: one look into the queue tells.
  IF EXISTS (SELECT FROM messages m WHERE m.campaign_id = p_campaign AND m.status = 'queued') THEN RETURN false; END IF;
  UPDATE campaigns SET status = CASE status WHEN 'cancelling' THEN 'cancelled' ELSE 'completed' END, pause_reason = NULL, finished_at = now()
   WHERE id = p_campaign AND status IN ('running', 'paused', 'cancelling')
     AND NOT EXISTS (SELECT FROM messages m WHERE m.campaign_id = p_campaign AND m.status IN ('queued', 'sending'));
  RETURN FOUND;
END $$;
--> statement-breakpoint

-- Of wide rows only what is looked at is read: a claim and its charge take a tenth less of the processor.
-- Takes the next message of a session for the worker that holds it in this epoch. Messages without a campaign come first;
-- then the running campaigns in their order, re-drives under their old id before new ones, as long as the phone's day
-- allows. Never through a join: the planner would sort the whole queue for one row.
CREATE OR REPLACE FUNCTION claim_message(
  p_session text, p_worker text, p_epoch bigint, p_daily_cap int, p_floor_ms int, p_chance float8, p_redrive_ms int[]
) RETURNS TABLE (outcome text, wait_ms float8, message jsonb, encoded bytea) LANGUAGE plpgsql AS $$
DECLARE
  s record;
  n record;
  c record;
  v_id text;
  m messages;
  v_today date;
  v_pause float8;
  v_again boolean;
  v_room boolean;
  v_reply jsonb;
  v_released boolean := false;
BEGIN
  SELECT phone, next_send_at INTO s FROM wa_sessions
   WHERE id = p_session AND owner_id = p_worker AND epoch = p_epoch AND lease_until > now() AND status = 'linked' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN QUERY SELECT 'lost', 0::float8, NULL::jsonb, NULL::bytea; RETURN; END IF;
  -- Need not be on disk yet: what is kept before the write is, and with it everything earlier.
  PERFORM set_config('synchronous_commit', 'off', true);
  -- Two accounts may have linked this number: the day's count is read and raised by one claim at a time. Whoever locks a
  -- number does so before campaigns.
  SELECT tz, day, day_sent INTO n FROM wa_numbers WHERE phone = s.phone FOR NO KEY UPDATE;
  v_today := (app_now() AT TIME ZONE n.tz)::date;
  v_room := n.day <> v_today OR n.day_sent < p_daily_cap;

  IF EXISTS (SELECT 1 FROM messages r
              WHERE r.wa_session_id = p_session AND r.campaign_id IS NULL AND r.status IN ('queued', 'sending')) THEN
    -- At the default floor the 2 to 5 s of a campaign's default pace.
    v_reply := claim_reply(p_session, p_epoch, s.next_send_at <= now(), v_room, p_floor_ms * (1 + 1.5 * p_chance), p_redrive_ms);
    IF v_reply = '{}' THEN
      RETURN QUERY SELECT 'wait', 0::float8, NULL::jsonb, NULL::bytea;
      RETURN;
    ELSIF v_reply IS NOT NULL THEN
      IF NOT (v_reply ->> 'redrive')::boolean THEN
        UPDATE wa_numbers SET day = v_today, day_sent = CASE WHEN day = v_today THEN day_sent + 1 ELSE 1 END WHERE phone = s.phone;
      END IF;
      RETURN QUERY SELECT 'send', 0::float8, v_reply, (SELECT r.encoded FROM messages r WHERE r.id = v_reply ->> 'id');
      RETURN;
    END IF;
  END IF;
  IF s.next_send_at > now() THEN
    RETURN QUERY SELECT 'wait', (extract(epoch FROM s.next_send_at - now()) * 1000)::float8, NULL::jsonb, NULL::bytea;
    RETURN;
  END IF;

  FOR v_id IN SELECT id FROM campaigns WHERE wa_session_id = p_session AND status = 'running' ORDER BY id LOOP
    IF v_released THEN
      -- With the wallet in hand no other campaign may be locked: who comes from there waits for the wallet.
      RETURN QUERY SELECT 'wait', 0::float8, NULL::jsonb, NULL::bytea;
      RETURN;
    END IF;
    SELECT id, throttle_min_ms, throttle_max_ms INTO c FROM campaigns WHERE id = v_id AND status = 'running' FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    v_pause := greatest(c.throttle_min_ms, p_floor_ms);
    v_pause := v_pause + p_chance * greatest(0, c.throttle_max_ms - v_pause);

    FOR v_again IN VALUES (true), (false) LOOP
      CONTINUE WHEN NOT v_again AND NOT v_room;
      LOOP
        IF v_again THEN
          SELECT * INTO m FROM messages
           WHERE wa_session_id = p_session AND campaign_id = c.id AND status = 'sending' AND (sending_epoch < p_epoch OR redrive_at <= now())
           ORDER BY sending_at LIMIT 1 FOR NO KEY UPDATE;
        ELSE
          -- A message on its way blocks its own chat: it may have been written, and comes first there.
          SELECT * INTO m FROM messages q
           WHERE q.campaign_id = c.id AND q.status = 'queued' AND q.not_before <= now()
             AND NOT EXISTS (SELECT 1 FROM messages o
                              WHERE o.wa_session_id = p_session AND o.recipient_key = q.recipient_key AND o.status = 'sending')
           ORDER BY q.not_before, q.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
        END IF;
        EXIT WHEN NOT FOUND;
        IF is_suppressed(m.user_id, m.recipient_key) THEN
          -- What may have been written is neither repeated nor called unsent: its hold waits for a fact, or for the user.
          IF v_again THEN PERFORM move_message(m.id, 'sending', 'unknown', 'keep', 'opted_out', NULL);
          ELSE
            PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'opted_out', NULL);
            v_released := true;
          END IF;
          CONTINUE;
        END IF;
        m := submit_message(m.id, p_session, p_epoch, v_pause, p_redrive_ms);
        IF NOT v_again THEN
          UPDATE wa_numbers SET day = v_today, day_sent = CASE WHEN day = v_today THEN day_sent + 1 ELSE 1 END WHERE phone = s.phone;
        END IF;
        RETURN QUERY SELECT 'send', 0::float8, told_of(m, v_again), m.encoded;
        RETURN;
      END LOOP;
    END LOOP;
  END LOOP;

  -- Nothing now: when the next re-drive or retry is due, if any is. What is due and could not be taken (the day's cap, a
  -- message on its way to the same chat) is looked at again in a few seconds.
  RETURN QUERY
    SELECT CASE WHEN min(d.at) IS NULL THEN 'idle' ELSE 'wait' END,
           greatest(50, least(extract(epoch FROM min(d.at) FILTER (WHERE d.at > now()) - now()) * 1000,
                              CASE WHEN bool_or(d.at <= now()) THEN 5000 END))::float8, NULL::jsonb, NULL::bytea
      FROM (SELECT CASE WHEN q.status = 'sending' THEN q.redrive_at ELSE q.not_before END AS at
              FROM messages q JOIN campaigns r ON r.id = q.campaign_id AND r.status = 'running'
             WHERE q.wa_session_id = p_session AND q.status IN ('sending', 'queued')
            UNION ALL
            SELECT CASE WHEN q.status = 'sending' THEN q.redrive_at ELSE q.not_before END
              FROM messages q
             WHERE q.wa_session_id = p_session AND q.campaign_id IS NULL AND q.status IN ('sending', 'queued')) d;
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
  m record;
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
   RETURNING id, user_id, price_points, uncharged INTO m;
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
  v_told text[];
  f jsonb;
  m record;
  v_outcome jsonb;
  v_once boolean := false;
BEGIN
  IF jsonb_array_length(p_facts) > 1 THEN
    -- All campaigns, then all messages, before the first wallet: one after the other, with their points, would wait in a circle
    -- with who takes a message first and its points then, such as a reply that is queued again.
    v_told := ARRAY(SELECT fact ->> 'waMsgId' FROM jsonb_array_elements(p_facts) AS told(fact));
    PERFORM FROM campaigns c
      WHERE c.id IN (SELECT q.campaign_id FROM messages q WHERE q.wa_session_id = p_session AND q.wa_msg_id = ANY (v_told))
      ORDER BY c.id FOR NO KEY UPDATE;
    PERFORM FROM messages q WHERE q.wa_session_id = p_session AND q.wa_msg_id = ANY (v_told) ORDER BY q.id FOR NO KEY UPDATE;
  END IF;
  FOR f IN SELECT value FROM jsonb_array_elements(p_facts) LOOP
    LOOP
      SELECT q.id, q.user_id, q.campaign_id, q.test_of, q.status, q.submissions, q.sent_at INTO m
        FROM messages q WHERE q.wa_session_id = p_session AND q.wa_msg_id = f ->> 'waMsgId';
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
