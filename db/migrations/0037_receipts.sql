CREATE INDEX "grants_user" ON "grants" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "grants_time" ON "grants" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "invoices_user" ON "invoices" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "purchases_user" ON "purchases" USING btree ("user_id","id");