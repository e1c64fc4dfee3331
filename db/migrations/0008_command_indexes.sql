CREATE INDEX "wa_commands_session" ON "wa_commands" USING btree ("wa_session_id","id");--> statement-breakpoint
CREATE INDEX "wa_commands_expires" ON "wa_commands" USING btree ("expires_at");