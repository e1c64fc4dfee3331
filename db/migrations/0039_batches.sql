-- Applies facts of WhatsApp's to messages of one session, in the order they came: `outcomes` of each says for every standing
-- what becomes of it and of its points. No row for a message that is unknown here, or when a fact tells nothing new. Names the
-- campaign whose screen shows the message, that of a test too.
CREATE OR REPLACE FUNCTION apply_facts(p_session text, p_facts jsonb) RETURNS TABLE (user_id text, campaign_id text) LANGUAGE plpgsql AS $$
DECLARE
  v_told text[];
  f jsonb;
  m messages;
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
