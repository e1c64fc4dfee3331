ALTER TABLE "wallets" ADD COLUMN "renew_stopped" text;--> statement-breakpoint
CREATE INDEX "plan_periods_user" ON "plan_periods" USING btree ("user_id","starts_at");--> statement-breakpoint
CREATE INDEX "plan_periods_start" ON "plan_periods" USING btree ("starts_at");
