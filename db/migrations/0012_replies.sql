-- Messages without a campaign go the same way as those of one; the confirmation of an opt-out is the first of them.

-- Every identity known of the people behind these, themselves included, in order.
CREATE FUNCTION known_identities(p_user text, p_identities text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
  WITH RECURSIVE known(identity) AS (
    SELECT unnest(p_identities)
    UNION
    SELECT other.identity FROM known k CROSS JOIN LATERAL (
      SELECT p.lid FROM identity_pairs p WHERE p.user_id = p_user AND p.pn = k.identity
      UNION ALL
      SELECT p.pn FROM identity_pairs p WHERE p.user_id = p_user AND p.lid = k.identity) other(identity)
  )
  SELECT coalesce(array_agg(identity ORDER BY identity), '{}') FROM known
$$;
--> statement-breakpoint

-- Ends what is queued to people who must not be messaged any more, and gives the points back. What is on its way stays for
-- its fact; the confirmation of their opt-out stays. Answers the campaigns that changed.
CREATE FUNCTION skip_queued(p_user text, p_identities text[], p_error text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  v_campaigns text[];
  v_changed text[] := '{}';
  v_points int := 0;
  m record;
BEGIN
  SELECT array_agg(l.id) INTO v_campaigns FROM (
    SELECT c.id FROM campaigns c
     WHERE c.user_id = p_user AND c.status IN ('running', 'paused', 'cancelling')
       AND EXISTS (SELECT 1 FROM messages q
                    WHERE q.campaign_id = c.id AND q.recipient_key = ANY (p_identities) AND q.status = 'queued')
     ORDER BY c.id FOR NO KEY UPDATE) l;
  FOR m IN
    UPDATE messages q SET status = 'skipped', error_code = p_error, ended_at = now()
     WHERE q.campaign_id = ANY (v_campaigns) AND q.recipient_key = ANY (p_identities) AND q.status = 'queued'
    RETURNING q.campaign_id, q.price_points
  LOOP
    UPDATE campaigns SET hold_open = hold_open - m.price_points WHERE id = m.campaign_id;
    v_points := v_points + m.price_points;
    v_changed := v_changed || m.campaign_id;
  END LOOP;
  FOR m IN
    UPDATE messages q SET status = 'skipped', error_code = p_error, ended_at = now()
     WHERE q.wa_session_id IN (SELECT s.id FROM wa_sessions s WHERE s.user_id = p_user) AND q.campaign_id IS NULL
       AND q.status = 'queued' AND q.kind <> 'opt_out' AND q.recipient_key = ANY (p_identities)
    RETURNING q.price_points
  LOOP
    v_points := v_points + m.price_points;
  END LOOP;
  IF v_points > 0 THEN UPDATE wallets SET held = held - v_points WHERE user_id = p_user; END IF;
  SELECT coalesce(array_agg(DISTINCT changed.id ORDER BY changed.id), '{}') INTO v_changed FROM unnest(v_changed) AS changed(id);
  PERFORM finish_campaign(ended.id) FROM unnest(v_changed) AS ended(id);
  RETURN QUERY SELECT unnest(v_changed);
END $$;
--> statement-breakpoint

-- The one writer of a balance: changes it and appends the ledger row that says why; what costs nothing leaves no row. False
-- when `p_guarded` and the points are not available; a reference that is already booked breaks a constraint.
CREATE OR REPLACE FUNCTION book_points(p_txn_id text, p_user text, p_type text, p_points int, p_released int, p_ref text, p_guarded boolean DEFAULT false)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  w wallets;
BEGIN
  IF p_points = 0 AND p_released = 0 THEN RETURN true; END IF;
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

-- Hands a claimed row to its owner: `sending`, in this epoch, with the time of its re-drive and the session's next turn. A
-- reply that did not wait for its turn never makes the next one earlier.
CREATE OR REPLACE FUNCTION submit_message(p_id text, p_session text, p_epoch bigint, p_wait_ms float8, p_redrive_ms int[]) RETURNS messages
LANGUAGE plpgsql AS $$
DECLARE
  m messages;
BEGIN
  UPDATE messages SET
      status = 'sending', submissions = submissions + 1, sending_epoch = p_epoch, sending_at = coalesce(sending_at, now()),
      redrive_at = now() + p_redrive_ms[least(submissions + 1, array_length(p_redrive_ms, 1))] * interval '1 millisecond'
   WHERE id = p_id RETURNING * INTO m;
  UPDATE wa_sessions SET next_send_at = greatest(next_send_at, now() + p_wait_ms * interval '1 millisecond') WHERE id = p_session;
  RETURN m;
END $$;
--> statement-breakpoint

-- What the worker is told of a claimed row. `rebuild`: an earlier message to this person may have been written and was given
-- up, and with it the keys of the next, so the Signal session has to be made anew.
CREATE FUNCTION told_of(m messages, p_redrive boolean) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', m.id, 'userId', m.user_id, 'campaignId', m.campaign_id, 'kind', m.kind, 'recipientKey', m.recipient_key,
    'text', m.resolved_text, 'waMsgId', m.wa_msg_id, 'redrive', p_redrive,
    'rebuild', EXISTS (SELECT 1 FROM messages o WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown')
               AND EXISTS (SELECT 1 FROM messages o
                            WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown' AND o.id <> m.id
                              AND o.recipient_key = ANY (known_identities(m.user_id, ARRAY[m.recipient_key]))))
$$;
--> statement-breakpoint

-- Takes the next message of a session that belongs to no campaign, NULL when there is none. Those on their way come first
-- and wait for the session's turn (`p_paced`); new ones do not, but the phone's day has to have room (`p_room`).
CREATE FUNCTION claim_reply(p_session text, p_epoch bigint, p_paced boolean, p_room boolean, p_wait_ms float8, p_redrive_ms int[])
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  q messages;
  m messages;
  v_known text[];
BEGIN
  FOR q IN
    SELECT * FROM messages r
     WHERE r.wa_session_id = p_session AND r.campaign_id IS NULL AND r.status IN ('queued', 'sending')
       AND CASE r.status WHEN 'queued' THEN p_room AND r.not_before <= now()
                         ELSE p_paced AND (r.sending_epoch < p_epoch OR r.redrive_at <= now()) END
     ORDER BY r.status DESC, r.id
  LOOP
    v_known := known_identities(q.user_id, ARRAY[q.recipient_key]);
    IF q.kind = 'opt_out' AND q.status = 'queued' THEN
      -- What may have been written to them before is not repeated; it would hold up the confirmation for ever.
      PERFORM move_message(o.id, 'sending', 'unknown', 'keep', 'opted_out', NULL) FROM messages o
        WHERE o.wa_session_id = p_session AND o.recipient_key = ANY (v_known) AND o.status = 'sending' AND o.kind <> 'opt_out'
          AND (o.sending_epoch < p_epoch OR o.redrive_at <= now());
    END IF;
    SELECT * INTO m FROM messages WHERE id = q.id AND status = q.status FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    IF m.kind <> 'opt_out' AND is_suppressed(m.user_id, m.recipient_key) THEN
      IF m.status = 'sending' THEN PERFORM move_message(m.id, 'sending', 'unknown', 'keep', 'opted_out', NULL);
      ELSE PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'opted_out', NULL);
      END IF;
      CONTINUE;
    END IF;
    IF m.status = 'queued' THEN
      IF m.created_at < app_now() - interval '24 hours' THEN
        PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'too_late', NULL);
        CONTINUE;
      END IF;
      -- A message on its way blocks its own chat, under whichever identity.
      CONTINUE WHEN EXISTS (SELECT 1 FROM messages o
                             WHERE o.wa_session_id = p_session AND o.recipient_key = ANY (v_known) AND o.status = 'sending');
    END IF;
    m := submit_message(m.id, p_session, p_epoch, p_wait_ms, p_redrive_ms);
    RETURN told_of(m, q.status = 'sending');
  END LOOP;
  RETURN NULL;
END $$;
--> statement-breakpoint

-- Takes the next message of a session for the worker that holds it in this epoch. Messages without a campaign come first;
-- then the running campaigns in their order, re-drives under their old id before new ones, as long as the phone's day
-- allows. Never through a join: the planner would sort the whole queue for one row.
CREATE OR REPLACE FUNCTION claim_message(
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
  v_room boolean;
  v_reply jsonb;
BEGIN
  SELECT * INTO s FROM wa_sessions
   WHERE id = p_session AND owner_id = p_worker AND epoch = p_epoch AND lease_until > now() AND status = 'linked' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN QUERY SELECT 'lost', 0::float8, NULL::jsonb, NULL::bytea; RETURN; END IF;
  -- Need not be on disk yet: what is kept before the write is, and with it everything earlier.
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT * INTO n FROM wa_numbers WHERE phone = s.phone;
  v_today := (app_now() AT TIME ZONE n.tz)::date;
  v_room := n.day <> v_today OR n.day_sent < p_daily_cap;

  IF EXISTS (SELECT 1 FROM messages r
              WHERE r.wa_session_id = p_session AND r.campaign_id IS NULL AND r.status IN ('queued', 'sending')) THEN
    -- At the default floor the 2 to 5 s of a campaign's default pace.
    v_reply := claim_reply(p_session, p_epoch, s.next_send_at <= now(), v_room, p_floor_ms * (1 + 1.5 * p_chance), p_redrive_ms);
    IF v_reply IS NOT NULL THEN
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

  FOR c IN SELECT * FROM campaigns WHERE wa_session_id = p_session AND status = 'running' ORDER BY id LOOP
    SELECT * INTO c FROM campaigns WHERE id = c.id AND status = 'running' FOR NO KEY UPDATE;
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
          ELSE PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'opted_out', NULL);
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
