-- The hot path of sending: each of these is one round trip and one transaction. What they decide by (which status follows
-- which, the delays) comes from the rules in TypeScript. All lock session, campaign, message, wallet, in this order.

-- Whether a person asked not to be messaged, under any identity known of them ("pn:+62…", "lid:…").
CREATE FUNCTION is_suppressed(p_user text, p_identity text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM suppressions s WHERE s.user_id = p_user AND (
      s.identity = p_identity
      OR s.identity IN (SELECT p.lid FROM identity_pairs p WHERE p.user_id = p_user AND p.pn = p_identity)
      OR s.identity IN (SELECT p.pn FROM identity_pairs p WHERE p.user_id = p_user AND p.lid = p_identity)))
$$;
--> statement-breakpoint

-- The one writer of a balance: changes it and appends the ledger row that says why. False when `p_guarded` and the points
-- are not available; a reference that is already booked breaks a constraint.
CREATE FUNCTION book_points(p_txn_id text, p_user text, p_type text, p_points int, p_released int, p_ref text, p_guarded boolean DEFAULT false)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  w wallets;
BEGIN
  UPDATE wallets SET balance = balance + p_points, held = held - p_released, version = version + 1
   WHERE user_id = p_user AND (NOT p_guarded OR balance - held + p_points >= 0)
   RETURNING * INTO w;
  IF NOT FOUND THEN
    IF p_guarded THEN RETURN false; END IF;
    RAISE EXCEPTION 'user % has no wallet', p_user;
  END IF;
  INSERT INTO wallet_txns (id, wallet_id, user_id, type, points, ref_id, seq, balance_after)
  VALUES (p_txn_id, w.id, p_user, p_type, p_points, p_ref, w.version, w.balance);
  RETURN true;
END $$;
--> statement-breakpoint

-- Ends a campaign whose last message has been answered for. The caller holds the campaign's row.
CREATE FUNCTION finish_campaign(p_campaign text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns SET status = CASE status WHEN 'cancelling' THEN 'cancelled' ELSE 'completed' END, pause_reason = NULL, finished_at = now()
   WHERE id = p_campaign AND status IN ('running', 'paused', 'cancelling')
     AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.campaign_id = p_campaign AND m.status IN ('queued', 'sending'));
  RETURN FOUND;
END $$;
--> statement-breakpoint

-- Moves one message from a status to another and its points with it: `settle` charges its hold, `settle_late` charges what
-- had been given back (or marks it uncharged), `release` gives the hold back, `keep` leaves points alone.
-- False when the message is not in `p_from` any more.
CREATE FUNCTION move_message(p_id text, p_from text, p_to text, p_points text, p_error text, p_txn_id text) RETURNS boolean
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
      cost_points = CASE WHEN p_points IN ('settle', 'settle_late') THEN price_points ELSE cost_points END
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

  v_held := CASE p_points WHEN 'settle_late' THEN 0 ELSE m.price_points END;
  UPDATE campaigns SET hold_open = hold_open - v_held, consecutive_failures = CASE WHEN v_accepted THEN 0 ELSE consecutive_failures END
   WHERE id = v_campaign;
  IF p_points = 'release' THEN
    UPDATE wallets SET held = held - v_held WHERE user_id = m.user_id;
  ELSIF NOT book_points(p_txn_id, m.user_id, 'deduct', -m.price_points, v_held, 'msg:' || m.id, p_points = 'settle_late') THEN
    UPDATE messages SET cost_points = 0, uncharged = true WHERE id = p_id;
    INSERT INTO audit_logs (id, user_id, action, meta)
    VALUES ('aud_' || substr(p_txn_id, 5), m.user_id, 'message.uncharged', jsonb_build_object('messageId', m.id, 'points', m.price_points));
  END IF;
  PERFORM finish_campaign(v_campaign);
  RETURN true;
END $$;
--> statement-breakpoint

-- Applies a fact of WhatsApp's to the message with this id: `p_outcomes` says for each status what becomes of it and of its
-- points. No row when the message is unknown here, or when the fact tells nothing new.
CREATE FUNCTION apply_fact(p_session text, p_wa_msg_id text, p_outcomes jsonb, p_error text, p_txn_id text)
RETURNS TABLE (user_id text, campaign_id text) LANGUAGE plpgsql AS $$
DECLARE
  m messages;
  v_outcome jsonb;
BEGIN
  LOOP
    SELECT * INTO m FROM messages WHERE wa_session_id = p_session AND wa_msg_id = p_wa_msg_id;
    v_outcome := p_outcomes -> m.status;
    EXIT WHEN v_outcome IS NULL;
    IF move_message(m.id, m.status, v_outcome ->> 'status', v_outcome ->> 'points', p_error, p_txn_id) THEN
      RETURN QUERY SELECT m.user_id, m.campaign_id;
      EXIT;
    END IF;
    -- Somebody was quicker: judge by what the message has become.
  END LOOP;
END $$;
--> statement-breakpoint

-- Hands a claimed row to its owner: `sending`, in this epoch, with the time of its re-drive and the session's next turn.
CREATE FUNCTION submit_message(p_id text, p_session text, p_epoch bigint, p_wait_ms float8, p_redrive_ms int[]) RETURNS messages
LANGUAGE plpgsql AS $$
DECLARE
  m messages;
BEGIN
  UPDATE messages SET
      status = 'sending', submissions = submissions + 1, sending_epoch = p_epoch, sending_at = coalesce(sending_at, now()),
      redrive_at = now() + p_redrive_ms[least(submissions + 1, array_length(p_redrive_ms, 1))] * interval '1 millisecond'
   WHERE id = p_id RETURNING * INTO m;
  UPDATE wa_sessions SET next_send_at = now() + p_wait_ms * interval '1 millisecond' WHERE id = p_session;
  RETURN m;
END $$;
--> statement-breakpoint

-- Takes the next message of a session for the worker that holds it in this epoch. Re-drives come first, under their old id;
-- then the running campaigns in their order, as long as the phone's day allows. Never through a join: the planner would
-- sort the whole queue for one row.
CREATE FUNCTION claim_message(
  p_session text, p_worker text, p_epoch bigint, p_daily_cap int, p_floor_ms int, p_chance float8, p_redrive_ms int[]
) RETURNS TABLE (outcome text, wait_ms float8, message jsonb, encoded bytea) LANGUAGE plpgsql AS $$
DECLARE
  s wa_sessions;
  n wa_numbers;
  c campaigns;
  m messages;
  v_today date;
  v_pause float8;
  v_again boolean;
BEGIN
  SELECT * INTO s FROM wa_sessions
   WHERE id = p_session AND owner_id = p_worker AND epoch = p_epoch AND lease_until > now() AND status = 'linked' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN QUERY SELECT 'lost', 0::float8, NULL::jsonb, NULL::bytea; RETURN; END IF;
  IF s.next_send_at > now() THEN
    RETURN QUERY SELECT 'wait', (extract(epoch FROM s.next_send_at - now()) * 1000)::float8, NULL::jsonb, NULL::bytea;
    RETURN;
  END IF;
  -- Need not be on disk yet: what is kept before the write is, and with it everything earlier.
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT * INTO n FROM wa_numbers WHERE phone = s.phone;
  v_today := (app_now() AT TIME ZONE n.tz)::date;

  FOR c IN SELECT * FROM campaigns WHERE wa_session_id = p_session AND status = 'running' ORDER BY id LOOP
    SELECT * INTO c FROM campaigns WHERE id = c.id AND status = 'running' FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    v_pause := greatest(c.throttle_min_ms, p_floor_ms);
    v_pause := v_pause + p_chance * greatest(0, c.throttle_max_ms - v_pause);

    FOR v_again IN VALUES (true), (false) LOOP
      CONTINUE WHEN NOT v_again AND n.day = v_today AND n.day_sent >= p_daily_cap;
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
          ELSE PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'opted_out', NULL);
          END IF;
          CONTINUE;
        END IF;
        m := submit_message(m.id, p_session, p_epoch, v_pause, p_redrive_ms);
        IF NOT v_again THEN
          UPDATE wa_numbers SET day = v_today, day_sent = CASE WHEN day = v_today THEN day_sent + 1 ELSE 1 END WHERE phone = s.phone;
        END IF;
        RETURN QUERY SELECT 'send', 0::float8,
          jsonb_build_object('id', m.id, 'userId', m.user_id, 'campaignId', m.campaign_id, 'recipientKey', m.recipient_key,
                             'text', m.resolved_text, 'waMsgId', m.wa_msg_id, 'redrive', v_again), m.encoded;
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
             WHERE q.wa_session_id = p_session AND q.status IN ('sending', 'queued')) d;
END $$;
