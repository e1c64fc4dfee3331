-- Applies facts of WhatsApp's to messages of one session, in the order they came: `outcomes` of each says for every status
-- what becomes of it and of its points. No row for a message that is unknown here, or when a fact tells nothing new. Names the
-- campaign whose screen shows the message, that of a test too.
CREATE FUNCTION apply_facts(p_session text, p_facts jsonb) RETURNS TABLE (user_id text, campaign_id text) LANGUAGE plpgsql AS $$
DECLARE
  f jsonb;
  m messages;
  v_outcome jsonb;
BEGIN
  -- Need not be on disk at once, and nobody waits for its locks meanwhile: if a crash of the database itself loses it, status
  -- and charge are lost together, and the message is on its way as before. It is handed over again under its id, WhatsApp
  -- says the same again, and the recipient sees nothing of it.
  PERFORM set_config('synchronous_commit', 'off', true);
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
        RETURN QUERY SELECT m.user_id, coalesce(m.campaign_id, m.test_of);
        EXIT;
      END IF;
      -- Somebody was quicker: judge by what the message has become.
    END LOOP;
  END LOOP;
END $$;
--> statement-breakpoint
DROP FUNCTION apply_fact(text, text, jsonb, text, text);
