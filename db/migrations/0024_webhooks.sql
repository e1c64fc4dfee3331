CREATE TABLE "webhook_deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"pos" bigint GENERATED ALWAYS AS IDENTITY (sequence name "webhook_deliveries_pos_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"endpoint_id" text NOT NULL,
	"user_id" text NOT NULL,
	"event_id" text NOT NULL,
	"type" text NOT NULL,
	"payload" jsonb NOT NULL,
	"occurred_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sequence" bigint,
	"contact_id" text,
	"subject" text,
	"status" text DEFAULT 'queued' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	"response_code" integer,
	"last_error" text,
	"tries" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"delivered_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhook_deliveries_once" UNIQUE("endpoint_id","event_id")
);
--> statement-breakpoint
CREATE TABLE "webhook_endpoints" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"url" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"secret" "bytea" NOT NULL,
	"previous_secret" "bytea",
	"previous_until" timestamp with time zone,
	"events" text[] NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"disabled_reason" text,
	"disabled_at" timestamp with time zone,
	"last_sequence" bigint DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamp with time zone,
	"resume_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_open" ON "webhook_deliveries" USING btree ("endpoint_id","pos") WHERE "webhook_deliveries"."status" in ('queued', 'delivering');--> statement-breakpoint
CREATE INDEX "webhook_deliveries_log" ON "webhook_deliveries" USING btree ("user_id","pos");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_by_status" ON "webhook_deliveries" USING btree ("user_id","status","pos");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_created" ON "webhook_deliveries" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "webhook_endpoints_wanted" ON "webhook_endpoints" USING btree ("user_id") WHERE "webhook_endpoints"."enabled";--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['webhook_endpoints', 'webhook_deliveries'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own_rows ON %I FOR ALL TO masssender_web
      USING (user_id = (SELECT current_setting(''app.user_id'', true)))
      WITH CHECK (user_id = (SELECT current_setting(''app.user_id'', true)))', t);
  END LOOP;
END $$;
--> statement-breakpoint
-- A page writes a secret and never reads one.
GRANT INSERT, UPDATE, DELETE ON webhook_endpoints TO masssender_web;
--> statement-breakpoint
GRANT SELECT (id, user_id, url, description, previous_until, events, enabled, disabled_reason, disabled_at, last_sequence, failures,
  failing_since, resume_at, created_at, changed_at) ON webhook_endpoints TO masssender_web;
--> statement-breakpoint
GRANT SELECT, UPDATE, DELETE ON webhook_deliveries TO masssender_web;
--> statement-breakpoint

-- Books the job that delivers, when none waits already.
CREATE FUNCTION book_webhooks() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM graphile_worker.add_job(identifier => 'webhooks:deliver', payload => '{}'::json, max_attempts => 2, job_key => 'webhooks:deliver');
END $$;
--> statement-breakpoint

-- A moment as payloads show it.
CREATE FUNCTION webhook_time(p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;
--> statement-breakpoint

-- Writes an event to the outbox, once for each endpoint that wants it, in the transaction of what it tells of. Nobody is woken:
-- a job's row or a NOTIFY would make those who send wait for each other. A user's own transaction writes for that user alone.
CREATE FUNCTION emit_webhook(p_user text, p_type text, p_data jsonb, p_contact text DEFAULT NULL, p_subject text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_event text := 'evt_' || left(replace(gen_random_uuid()::text, '-', ''), 26);
  v_topic text := CASE WHEN p_type LIKE 'message.%' THEN p_type ELSE split_part(p_type, '.', 1) || '.*' END;
BEGIN
  IF coalesce(current_setting('app.user_id', true), '') NOT IN ('', p_user) THEN RETURN; END IF;
  INSERT INTO webhook_deliveries (id, endpoint_id, user_id, event_id, type, payload, contact_id, subject)
  SELECT 'whd_' || left(replace(gen_random_uuid()::text, '-', ''), 26), e.id, p_user, v_event, p_type, p_data, p_contact, p_subject
    FROM webhook_endpoints e
   WHERE e.user_id = p_user AND e.enabled AND v_topic = ANY (e.events);
END $$;
--> statement-breakpoint

-- A person in a payload; null once they were erased.
CREATE FUNCTION webhook_person(p_identity text, p_contact text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_identity NOT LIKE 'erased:%' THEN jsonb_build_object(
    'identity', p_identity,
    'phone', CASE WHEN p_identity LIKE 'pn:%' THEN substr(p_identity, 4) END,
    'contactId', p_contact) END
$$;
--> statement-breakpoint

CREATE FUNCTION emit_message_status(m messages) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM emit_webhook(m.user_id, 'message.status', jsonb_build_object(
    'messageId', m.id, 'campaignId', m.campaign_id, 'sessionId', m.wa_session_id, 'kind', m.kind,
    'recipient', webhook_person(m.recipient_key, m.contact_id), 'status', m.status, 'errorCode', m.error_code,
    'queuedAt', webhook_time(m.created_at), 'sentAt', webhook_time(m.sent_at), 'deliveredAt', webhook_time(m.delivered_at),
    'readAt', webhook_time(m.read_at), 'endedAt', webhook_time(m.ended_at)), m.contact_id, m.recipient_key);
END $$;
--> statement-breakpoint

-- What a user without endpoints pays for webhooks: one look into an index, at the changes of status that are events. It runs
-- with the rights of whoever sends: changing them, and the search path, would take longer than the look.
CREATE FUNCTION tell_message_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM public.webhook_endpoints e WHERE e.user_id = NEW.user_id AND e.enabled AND 'message.status' = ANY (e.events)) THEN
    PERFORM public.emit_message_status(NEW);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER messages_tell_status AFTER UPDATE OF status ON messages FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('sent', 'delivered', 'read', 'failed', 'skipped', 'cancelled', 'unknown'))
  EXECUTE FUNCTION tell_message_status();
--> statement-breakpoint

-- Those who are left out at a start are rows that begin as skipped: thousands, in one statement, are looked at once.
CREATE FUNCTION tell_messages_left_out() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM webhook_endpoints e WHERE e.user_id = (SELECT a.user_id FROM added a LIMIT 1) AND e.enabled AND 'message.status' = ANY (e.events)) THEN
    PERFORM emit_message_status(m) FROM messages m WHERE m.id IN (SELECT a.id FROM added a WHERE a.status = 'skipped');
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER messages_tell_left_out AFTER INSERT ON messages REFERENCING NEW TABLE AS added FOR EACH STATEMENT
  EXECUTE FUNCTION tell_messages_left_out();
--> statement-breakpoint

CREATE FUNCTION tell_message_received() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM webhook_endpoints e WHERE e.user_id = NEW.user_id AND e.enabled AND 'message.received' = ANY (e.events)) THEN
    PERFORM emit_webhook(NEW.user_id, 'message.received', jsonb_build_object(
      'messageId', NEW.id, 'sessionId', NEW.wa_session_id,
      'from', webhook_person(NEW.sender, NEW.contact_id) || jsonb_build_object(
        'name', (SELECT c.name FROM contacts c WHERE c.user_id = NEW.user_id AND c.id = NEW.contact_id)),
      'text', NEW.body, 'sentAt', webhook_time(NEW.sent_at)), NEW.contact_id, NEW.sender);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER inbound_messages_tell AFTER INSERT ON inbound_messages FOR EACH ROW
  WHEN (NEW.sender NOT LIKE 'erased:%') EXECUTE FUNCTION tell_message_received();
--> statement-breakpoint

CREATE FUNCTION tell_campaign_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_type text := CASE NEW.status
    WHEN 'running' THEN CASE WHEN OLD.status IN ('draft', 'scheduled') THEN 'started' ELSE 'resumed' END
    WHEN 'draft' THEN 'unscheduled'
    ELSE NEW.status END;
BEGIN
  IF EXISTS (SELECT FROM webhook_endpoints e WHERE e.user_id = NEW.user_id AND e.enabled AND 'campaign.*' = ANY (e.events)) THEN
    PERFORM emit_webhook(NEW.user_id, 'campaign.' || v_type, jsonb_build_object(
      'campaignId', NEW.id, 'name', NEW.name, 'sessionId', NEW.wa_session_id, 'status', NEW.status, 'reason', NEW.pause_reason,
      'scheduledFor', webhook_time(NEW.scheduled_for), 'startedAt', webhook_time(NEW.started_at),
      'finishedAt', webhook_time(NEW.finished_at),
      'messages', CASE WHEN NEW.status IN ('completed', 'cancelled') THEN (
        SELECT coalesce(jsonb_object_agg(n.status, n.rows), '{}') FROM (
          SELECT m.status, count(*) AS rows FROM messages m WHERE m.campaign_id = NEW.id GROUP BY m.status) n) END));
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER campaigns_tell_status AFTER UPDATE OF status ON campaigns FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status <> 'cancelling') EXECUTE FUNCTION tell_campaign_status();
--> statement-breakpoint

CREATE FUNCTION tell_session_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM webhook_endpoints e WHERE e.user_id = NEW.user_id AND e.enabled AND 'session.*' = ANY (e.events)) THEN
    PERFORM emit_webhook(NEW.user_id, 'session.' || NEW.status, jsonb_build_object(
      'sessionId', NEW.id, 'status', NEW.status, 'reason', NEW.status_reason, 'phone', NEW.phone, 'name', NEW.push_name,
      'restrictedUntil', webhook_time(NEW.restricted_until)));
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER wa_sessions_tell_status AFTER UPDATE OF status ON wa_sessions FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status NOT IN ('new', 'waiting', 'pairing'))
  EXECUTE FUNCTION tell_session_status();
