DROP FUNCTION submit_message(text, text, bigint, float8, int[]);
--> statement-breakpoint

-- Takes a message into the hands of the session's owner, and the pause after it begins. `p_encoded` is kept with it, if given.
CREATE FUNCTION submit_message(p_id text, p_session text, p_epoch bigint, p_wait_ms float8, p_redrive_ms int[], p_encoded bytea DEFAULT NULL)
RETURNS messages LANGUAGE plpgsql AS $$
DECLARE
  m messages;
BEGIN
  UPDATE messages SET
      status = 'sending', submissions = submissions + 1, sending_epoch = p_epoch, sending_at = coalesce(sending_at, now()),
      redrive_at = now() + p_redrive_ms[least(submissions + 1, array_length(p_redrive_ms, 1))] * interval '1 millisecond',
      encoded = coalesce(p_encoded, encoded)
   WHERE id = p_id RETURNING * INTO m;
  UPDATE wa_sessions SET next_send_at = greatest(next_send_at, now() + p_wait_ms * interval '1 millisecond') WHERE id = p_session;
  RETURN m;
END $$;
--> statement-breakpoint

DROP FUNCTION claim_message(text, text, bigint, int, int, float8, int[]);
--> statement-breakpoint

-- Takes the next message of a session for the worker that holds it in this epoch. Messages without a campaign come first;
-- then the running campaigns in their order, re-drives under their old id before new ones, as long as the phone's day
-- allows. Never through a join: the planner would sort the whole queue for one row.
-- What is next is known beforehand, nearly always: if it is the first of `p_ready`, encoded already, then the claim keeps its
-- `p_encoded` (base64) and looks at all that is looked at before a write, so that the message can be written at once. Only then it names
-- the gate; and where nothing has to be waited for in between, it takes what is ready after it as well.
CREATE FUNCTION claim_message(
  p_session text, p_worker text, p_epoch bigint, p_daily_cap int, p_floor_ms int, p_chance float8, p_redrive_ms int[],
  p_ready text[], p_encoded text[], p_alias text[]
) RETURNS TABLE (outcome text, wait_ms float8, message jsonb, encoded bytea, gate jsonb) LANGUAGE plpgsql AS $$
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
  v_ready boolean;
  v_next int := 1;
  v_gate jsonb;
  v_now timestamptz := app_now();
BEGIN
  SELECT phone, next_send_at INTO s FROM wa_sessions
   WHERE id = p_session AND owner_id = p_worker AND epoch = p_epoch AND lease_until > now() AND status = 'linked' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN QUERY SELECT 'lost', 0::float8, NULL::jsonb, NULL::bytea, NULL::jsonb; RETURN; END IF;
  -- Need not be on disk yet: what is kept before the write is, and with it everything earlier.
  IF cardinality(p_ready) = 0 THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;
  -- Two accounts may have linked this number: the day's count is read and raised by one claim at a time. Whoever locks a
  -- number does so before campaigns.
  SELECT tz, day, day_sent INTO n FROM wa_numbers WHERE phone = s.phone FOR NO KEY UPDATE;
  v_today := (v_now AT TIME ZONE n.tz)::date;
  v_room := n.day <> v_today OR n.day_sent < p_daily_cap;

  IF EXISTS (SELECT 1 FROM messages r
              WHERE r.wa_session_id = p_session AND r.campaign_id IS NULL AND r.status IN ('queued', 'sending')) THEN
    -- At the default floor the 2 to 5 s of a campaign's default pace.
    v_reply := claim_reply(p_session, p_epoch, s.next_send_at <= now(), v_room, p_floor_ms * (1 + 1.5 * p_chance), p_redrive_ms);
    IF v_reply = '{}' THEN
      RETURN QUERY SELECT 'wait', 0::float8, NULL::jsonb, NULL::bytea, NULL::jsonb;
      RETURN;
    ELSIF v_reply IS NOT NULL THEN
      IF NOT (v_reply ->> 'redrive')::boolean THEN
        UPDATE wa_numbers SET day = v_today, day_sent = CASE WHEN day = v_today THEN day_sent + 1 ELSE 1 END WHERE phone = s.phone;
      END IF;
      RETURN QUERY SELECT 'send', 0::float8, v_reply, (SELECT r.encoded FROM messages r WHERE r.id = v_reply ->> 'id'), NULL::jsonb;
      RETURN;
    END IF;
  END IF;
  IF s.next_send_at > now() THEN
    RETURN QUERY SELECT 'wait', (extract(epoch FROM s.next_send_at - now()) * 1000)::float8, NULL::jsonb, NULL::bytea, NULL::jsonb;
    RETURN;
  END IF;

  FOR v_id IN SELECT id FROM campaigns WHERE wa_session_id = p_session AND status = 'running' ORDER BY id LOOP
    IF v_released THEN
      -- With the wallet in hand no other campaign may be locked: who comes from there waits for the wallet.
      RETURN QUERY SELECT 'wait', 0::float8, NULL::jsonb, NULL::bytea, NULL::jsonb;
      RETURN;
    END IF;
    SELECT id, throttle_min_ms, throttle_max_ms INTO c FROM campaigns WHERE id = v_id AND status = 'running' FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    v_pause := greatest(c.throttle_min_ms, p_floor_ms);
    v_pause := v_pause + p_chance * greatest(0, c.throttle_max_ms - v_pause);

    FOREACH v_again IN ARRAY ARRAY[true, false] LOOP
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
        v_ready := NOT v_again AND FOUND AND m.id IS NOT DISTINCT FROM p_ready[v_next];
        -- Whatever else comes after one that was taken is the next claim's.
        IF v_next > 1 AND NOT v_ready THEN RETURN; END IF;
        EXIT WHEN m.id IS NULL;
        IF EXISTS (SELECT FROM suppressions x WHERE x.user_id = m.user_id) AND (CASE WHEN v_ready
             THEN EXISTS (SELECT FROM suppressions x
                           WHERE x.user_id = m.user_id AND x.identity = ANY (known_identities(m.user_id, ARRAY[m.recipient_key, p_alias[v_next]])))
             ELSE is_suppressed(m.user_id, m.recipient_key) END) THEN
          -- What may have been written is neither repeated nor called unsent: its hold waits for a fact, or for the user.
          IF v_again THEN PERFORM move_message(m.id, 'sending', 'unknown', 'keep', 'opted_out', NULL);
          ELSE
            PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'opted_out', NULL);
            v_released := true;
          END IF;
          CONTINUE;
        END IF;
        v_gate := NULL;
        IF v_ready THEN
          SELECT jsonb_build_object('plan_active', w.plan_expires_at > v_now, 'app_now', v_now, 'tz', h.tz, 'windows', h.windows,
                                    'exceptions', h.exceptions, 'paused', h.paused, 'open_until', h.open_until)
            INTO v_gate
            FROM contacts k, wallets w, schedules h
           WHERE k.user_id = m.user_id AND k.id = m.contact_id AND k.consent AND w.user_id = m.user_id AND h.user_id = m.user_id
             AND (m.expires_at IS NULL OR m.expires_at > v_now);
        END IF;
        m := submit_message(m.id, p_session, p_epoch, v_pause, p_redrive_ms, CASE WHEN v_gate IS NOT NULL THEN decode(p_encoded[v_next], 'base64') END);
        IF NOT v_again THEN
          UPDATE wa_numbers SET day = v_today, day_sent = CASE WHEN day = v_today THEN day_sent + 1 ELSE 1 END WHERE phone = s.phone
           RETURNING day_sent INTO n.day_sent;
        END IF;
        RETURN QUERY SELECT 'send', 0::float8, told_of(m, v_again), CASE WHEN v_gate IS NULL THEN m.encoded END, v_gate;
        v_next := v_next + 1;
        IF v_gate IS NULL OR v_pause > 0 OR n.day_sent >= p_daily_cap OR p_ready[v_next] IS NULL THEN RETURN; END IF;
      END LOOP;
    END LOOP;
  END LOOP;

  -- Nothing now: when the next re-drive or retry is due, if any is. What is due and could not be taken (the day's cap, a
  -- message on its way to the same chat) is looked at again in a few seconds.
  RETURN QUERY
    SELECT CASE WHEN min(d.at) IS NULL THEN 'idle' ELSE 'wait' END,
           greatest(50, least(extract(epoch FROM min(d.at) FILTER (WHERE d.at > now()) - now()) * 1000,
                              CASE WHEN bool_or(d.at <= now()) THEN 5000 END))::float8, NULL::jsonb, NULL::bytea, NULL::jsonb
      FROM (SELECT CASE WHEN q.status = 'sending' THEN q.redrive_at ELSE q.not_before END AS at
              FROM messages q JOIN campaigns r ON r.id = q.campaign_id AND r.status = 'running'
             WHERE q.wa_session_id = p_session AND q.status IN ('sending', 'queued')
            UNION ALL
            SELECT CASE WHEN q.status = 'sending' THEN q.redrive_at ELSE q.not_before END
              FROM messages q
             WHERE q.wa_session_id = p_session AND q.campaign_id IS NULL AND q.status IN ('sending', 'queued')) d;
END $$;
--> statement-breakpoint

-- What the worker is told of a claimed row. `rebuild`: an earlier message to this person may have been written and was given
-- up, and with it the keys of the next, so the Signal session has to be made anew; once, until one that was written after it
-- has been taken. Given up is what is unknown, and what its user or 14 days of silence made of it since. `pauseMs`: how
-- long nothing but an answer may follow it, counted from its write.
CREATE OR REPLACE FUNCTION told_of(m messages, p_redrive boolean) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_since timestamptz;
  v_known text[];
  v_unknown boolean;
  v_rebuild boolean := false;
  v_pause float8;
BEGIN
  SELECT (SELECT max(o.sending_at) FROM messages o
           WHERE o.contact_id = m.contact_id AND o.wa_session_id = m.wa_session_id AND o.id <> m.id
             AND o.status = 'failed' AND o.error_code IN ('treated_as_failed', 'unconfirmed')),
         EXISTS (SELECT FROM messages o WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown'),
         greatest(0, extract(epoch FROM s.next_send_at - now()) * 1000)
    INTO v_since, v_unknown, v_pause FROM wa_sessions s WHERE s.id = m.wa_session_id;
  IF v_since IS NOT NULL OR v_unknown THEN
    v_known := known_identities(m.user_id, ARRAY[m.recipient_key]);
    SELECT max(given_up.at) INTO v_since FROM (
      SELECT v_since AS at
      UNION ALL
      SELECT o.sending_at FROM messages o
       WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown' AND o.id <> m.id AND o.recipient_key = ANY (v_known)) given_up;
    v_rebuild := v_since IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM messages r
                       WHERE r.wa_session_id = m.wa_session_id AND r.recipient_key = ANY (v_known) AND r.id <> m.id
                         AND r.sent_at IS NOT NULL AND r.sending_at > v_since);
  END IF;
  RETURN jsonb_build_object(
    'id', m.id, 'userId', m.user_id, 'campaignId', m.campaign_id, 'kind', m.kind, 'recipientKey', m.recipient_key,
    'text', m.resolved_text, 'mediaId', m.media_id, 'waMsgId', m.wa_msg_id, 'redrive', p_redrive, 'rebuild', v_rebuild,
    'pauseMs', v_pause);
END $$;
