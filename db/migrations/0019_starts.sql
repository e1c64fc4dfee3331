ALTER TABLE "campaigns" ADD COLUMN "recipients_confirmed" integer;--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "recipients_at_start" integer;--> statement-breakpoint
CREATE INDEX "messages_tests_of_user" ON "messages" USING btree ("user_id","created_at") WHERE "messages"."test_of" is not null;--> statement-breakpoint
-- Applies a fact of WhatsApp's to the message with this id: `p_outcomes` says for each status what becomes of it and of its
-- points. No row when the message is unknown here, or when the fact tells nothing new. Names the campaign whose screen shows
-- the message, that of a test too.
CREATE OR REPLACE FUNCTION apply_fact(p_session text, p_wa_msg_id text, p_outcomes jsonb, p_error text, p_txn_id text)
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
      RETURN QUERY SELECT m.user_id, coalesce(m.campaign_id, m.test_of);
      EXIT;
    END IF;
    -- Somebody was quicker: judge by what the message has become.
  END LOOP;
END $$;
