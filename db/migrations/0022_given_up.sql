-- What the worker is told of a claimed row. `rebuild`: an earlier message to this person may have been written and was given
-- up, and with it the keys of the next, so the Signal session has to be made anew; once, until one that was written after it
-- has been taken. Given up is what is unknown, and what its user or 14 days of silence made of it since.
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
    'text', m.resolved_text, 'mediaId', m.media_id, 'waMsgId', m.wa_msg_id, 'redrive', p_redrive, 'rebuild', v_rebuild);
END $$;
