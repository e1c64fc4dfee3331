-- Applies facts of WhatsApp's to messages of one session, in the order they came: `outcomes` of each says for every status
-- what becomes of it and of its points. No row for a message that is unknown here, or when a fact tells nothing new. Names the
-- campaign whose screen shows the message, that of a test too.
CREATE FUNCTION apply_facts(p_session text, p_facts jsonb) RETURNS TABLE (user_id text, campaign_id text) LANGUAGE plpgsql AS $$
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
      v_outcome := f -> 'outcomes' -> m.status;
      EXIT WHEN v_outcome IS NULL;
      IF move_message(m.id, m.status, v_outcome ->> 'status', v_outcome ->> 'points', f ->> 'error', f ->> 'txnId') THEN
        v_once := v_once OR (m.status <> 'sending' AND v_outcome ->> 'points' <> 'keep');
        RETURN QUERY SELECT m.user_id, coalesce(m.campaign_id, m.test_of);
        EXIT;
      END IF;
      -- Somebody was quicker: judge by what the message has become.
    END LOOP;
  END LOOP;
  -- Of a message on its way it need not be on disk at once, and nobody waits for its locks meanwhile: if a crash of the
  -- database itself loses it, status and charge are lost together, the message is handed over again under its id, WhatsApp
  -- says the same again, and the recipient sees nothing of it. What was given up is not handed over again.
  PERFORM set_config('synchronous_commit', CASE WHEN v_once THEN 'on' ELSE 'off' END, true);
END $$;
--> statement-breakpoint
DROP FUNCTION apply_fact(text, text, jsonb, text, text);
--> statement-breakpoint

-- What the worker is told of a claimed row. `rebuild`: an earlier message to this person may have been written and was given
-- up, and with it the keys of the next, so the Signal session has to be made anew; once, until one that was written after it
-- has been taken. Given up is what is unknown, and what its user or 14 days of silence made of it since. `pauseMs`: how
-- long nothing but an answer may follow it, counted from its write.
CREATE OR REPLACE FUNCTION told_of(m messages, p_redrive boolean) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_since timestamptz;
  v_known text[];
  v_rebuild boolean := false;
BEGIN
  SELECT max(o.sending_at) INTO v_since FROM messages o
   WHERE o.contact_id = m.contact_id AND o.wa_session_id = m.wa_session_id AND o.id <> m.id
     AND o.status = 'failed' AND o.error_code IN ('treated_as_failed', 'unconfirmed');
  IF v_since IS NOT NULL OR EXISTS (SELECT 1 FROM messages o WHERE o.wa_session_id = m.wa_session_id AND o.status = 'unknown') THEN
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
    'pauseMs', (SELECT greatest(0, extract(epoch FROM s.next_send_at - now()) * 1000) FROM wa_sessions s WHERE s.id = m.wa_session_id));
END $$;
