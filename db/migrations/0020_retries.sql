CREATE TABLE "message_events" (
	"id" text PRIMARY KEY NOT NULL,
	"message_id" text NOT NULL,
	"user_id" text NOT NULL,
	"kind" text NOT NULL,
	"error_code" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "message_events" ADD CONSTRAINT "message_events_message_id_messages_id_fk" FOREIGN KEY ("message_id") REFERENCES "public"."messages"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "message_events_message" ON "message_events" USING btree ("message_id","id");
--> statement-breakpoint
ALTER TABLE message_events ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own_rows ON message_events FOR ALL TO masssender_web
  USING (user_id = (SELECT current_setting('app.user_id', true)))
  WITH CHECK (user_id = (SELECT current_setting('app.user_id', true)));
--> statement-breakpoint
GRANT SELECT, INSERT ON message_events TO masssender_web;
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
  -- Two accounts may have linked this number: the day's count is read and raised by one claim at a time. Whoever locks a
  -- number does so before campaigns.
  SELECT * INTO n FROM wa_numbers WHERE phone = s.phone FOR NO KEY UPDATE;
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
