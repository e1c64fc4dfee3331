-- Messages are claimed without a circle of locks, and a Signal session that was lost is made anew once.

-- What the worker is told of a claimed row. `rebuild`: an earlier message to this person may have been written and was given
-- up, and with it the keys of the next, so the Signal session has to be made anew; once, until one that was written after it
-- has been taken.
CREATE OR REPLACE FUNCTION told_of(m messages, p_redrive boolean) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_known text[];
  v_rebuild boolean := false;
BEGIN
  IF EXISTS (SELECT 1 FROM messages o WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown') THEN
    v_known := known_identities(m.user_id, ARRAY[m.recipient_key]);
    v_rebuild := EXISTS (
      SELECT 1 FROM messages o
       WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown' AND o.id <> m.id AND o.recipient_key = ANY (v_known)
         AND NOT EXISTS (SELECT 1 FROM messages r
                          WHERE r.wa_session_id = m.wa_session_id AND r.recipient_key = ANY (v_known) AND r.id <> m.id
                            AND r.sent_at IS NOT NULL AND r.sending_at > o.sending_at));
  END IF;
  RETURN jsonb_build_object(
    'id', m.id, 'userId', m.user_id, 'campaignId', m.campaign_id, 'kind', m.kind, 'recipientKey', m.recipient_key,
    'text', m.resolved_text, 'waMsgId', m.wa_msg_id, 'redrive', p_redrive, 'rebuild', v_rebuild);
END $$;
--> statement-breakpoint

-- Takes the next message of a session that belongs to no campaign, NULL when there is none. Those on their way come first
-- and wait for the session's turn (`p_paced`); new ones do not, but the phone's day has to have room (`p_room`). An empty
-- object says that one was settled instead: with its campaign or the wallet in hand no other row is looked at.
CREATE OR REPLACE FUNCTION claim_reply(p_session text, p_epoch bigint, p_paced boolean, p_room boolean, p_wait_ms float8, p_redrive_ms int[])
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
      PERFORM move_message(o.id, 'sending', 'unknown', 'keep', 'opted_out', NULL) FROM (
        SELECT o.id FROM messages o
         WHERE o.wa_session_id = p_session AND o.recipient_key = ANY (v_known) AND o.status = 'sending' AND o.kind <> 'opt_out'
           AND (o.sending_epoch < p_epoch OR o.redrive_at <= now())
         ORDER BY o.campaign_id) o;
      IF FOUND THEN RETURN '{}'; END IF;
    END IF;
    SELECT * INTO m FROM messages WHERE id = q.id AND status = q.status FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    IF m.kind <> 'opt_out' AND is_suppressed(m.user_id, m.recipient_key) THEN
      IF m.status = 'sending' THEN PERFORM move_message(m.id, 'sending', 'unknown', 'keep', 'opted_out', NULL);
      ELSE PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'opted_out', NULL);
      END IF;
      RETURN '{}';
    END IF;
    IF m.status = 'queued' THEN
      IF m.created_at < app_now() - interval '24 hours' THEN
        PERFORM move_message(m.id, 'queued', 'skipped', 'release', 'too_late', NULL);
        RETURN '{}';
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
  v_released boolean := false;
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

  FOR c IN SELECT * FROM campaigns WHERE wa_session_id = p_session AND status = 'running' ORDER BY id LOOP
    IF v_released THEN
      -- With the wallet in hand no other campaign may be locked: who comes from there waits for the wallet.
      RETURN QUERY SELECT 'wait', 0::float8, NULL::jsonb, NULL::bytea;
      RETURN;
    END IF;
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
