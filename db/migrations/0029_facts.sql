-- Applies a fact of WhatsApp's to the message with this id: `p_outcomes` says for each status what becomes of it and of its
-- points. No row when the message is unknown here, or when the fact tells nothing new. Names the campaign whose screen shows
-- the message, that of a test too.
CREATE OR REPLACE FUNCTION apply_fact(p_session text, p_wa_msg_id text, p_outcomes jsonb, p_error text, p_txn_id text)
RETURNS TABLE (user_id text, campaign_id text) LANGUAGE plpgsql AS $$
DECLARE
  m messages;
  v_outcome jsonb;
BEGIN
  -- Need not be on disk at once, and nobody waits for its locks meanwhile: if a crash of the database itself loses it, status
  -- and charge are lost together, and the message is on its way as before. It is handed over again under its id, WhatsApp
  -- says the same again, and the recipient sees nothing of it.
  PERFORM set_config('synchronous_commit', 'off', true);
  LOOP
    SELECT * INTO m FROM messages WHERE wa_session_id = p_session AND wa_msg_id = p_wa_msg_id;
    v_outcome := p_outcomes -> m.status;
    EXIT WHEN v_outcome IS NULL;
    IF move_message(m.id, m.status, v_outcome ->> 'status', v_outcome ->> 'points', p_error, p_txn_id) THEN
      RETURN QUERY SELECT m.user_id, coalesce(m.campaign_id, m.test_of);
      EXIT;
    END IF;
    -- Somebody was quicker: judge by what the message has become.
  END LOOP;
END $$;
