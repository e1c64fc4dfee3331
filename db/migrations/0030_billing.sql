CREATE TABLE "demo_payments" (
	"id" text PRIMARY KEY NOT NULL,
	"reference" text NOT NULL,
	"amount" integer NOT NULL,
	"currency" text NOT NULL,
	"description" text NOT NULL,
	"return_url" text,
	"keep_method" boolean DEFAULT false NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"token" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "demo_payments_reference" UNIQUE("reference")
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"points" integer NOT NULL,
	"plan" text,
	"reason" text NOT NULL,
	"granted_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invoice_numbers" (
	"series" text PRIMARY KEY NOT NULL,
	"last" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invoices" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"purchase_id" text NOT NULL,
	"series" text NOT NULL,
	"seq" integer NOT NULL,
	"number" text NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	"document" jsonb NOT NULL,
	"pdf" "bytea" NOT NULL,
	CONSTRAINT "invoices_purchase" UNIQUE("purchase_id"),
	CONSTRAINT "invoices_number" UNIQUE("number"),
	CONSTRAINT "invoices_seq" UNIQUE("series","seq")
);
--> statement-breakpoint
CREATE TABLE "payment_events" (
	"provider" text NOT NULL,
	"event_id" text NOT NULL,
	"purchase_id" text NOT NULL,
	"type" text NOT NULL,
	"outcome" text NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "payment_events_provider_event_id_pk" PRIMARY KEY("provider","event_id")
);
--> statement-breakpoint
CREATE TABLE "payment_methods" (
	"user_id" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"token" text NOT NULL,
	"label" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "plan_offers" (
	"plan" text PRIMARY KEY NOT NULL,
	"days" integer NOT NULL,
	"points" integer NOT NULL,
	"price" integer NOT NULL,
	"on_sale" boolean DEFAULT true NOT NULL,
	CONSTRAINT "plan_offers_days" CHECK ("plan_offers"."days" > 0),
	CONSTRAINT "plan_offers_points" CHECK ("plan_offers"."points" >= 0),
	CONSTRAINT "plan_offers_price" CHECK ("plan_offers"."price" > 0)
);
--> statement-breakpoint
CREATE TABLE "plan_reminders" (
	"user_id" text NOT NULL,
	"wallet_id" text NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"days" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone,
	CONSTRAINT "plan_reminders_wallet_id_ends_at_days_pk" PRIMARY KEY("wallet_id","ends_at","days")
);
--> statement-breakpoint
CREATE TABLE "purchases" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"kind" text NOT NULL,
	"plan" text,
	"days" integer,
	"points" integer NOT NULL,
	"net" integer NOT NULL,
	"tax" integer NOT NULL,
	"total" integer NOT NULL,
	"currency" text NOT NULL,
	"tax_name" text NOT NULL,
	"tax_rate" integer NOT NULL,
	"provider" text NOT NULL,
	"provider_ref" text,
	"checkout_url" text,
	"status" text DEFAULT 'pending' NOT NULL,
	"automatic" boolean DEFAULT false NOT NULL,
	"keep_method" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "purchases_provider_ref" UNIQUE("provider_ref"),
	CONSTRAINT "purchases_what" CHECK (("purchases"."kind" = 'plan') = ("purchases"."plan" is not null and "purchases"."days" is not null)),
	CONSTRAINT "purchases_sum" CHECK ("purchases"."net" + "purchases"."tax" = "purchases"."total" and "purchases"."net" >= 0 and "purchases"."tax" >= 0)
);
--> statement-breakpoint
CREATE TABLE "topup_offers" (
	"points" integer PRIMARY KEY NOT NULL,
	"price" integer NOT NULL,
	"on_sale" boolean DEFAULT true NOT NULL,
	CONSTRAINT "topup_offers_points" CHECK ("topup_offers"."points" > 0),
	CONSTRAINT "topup_offers_price" CHECK ("topup_offers"."price" > 0)
);
--> statement-breakpoint
ALTER TABLE "plan_periods" ADD COLUMN "ref_id" text;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "next_plan" text;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "plan_ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "renewals_declined" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "renew_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "low_points" integer DEFAULT 50 NOT NULL;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "bill_name" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "bill_address" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "bill_tax_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_granted_by_users_id_fk" FOREIGN KEY ("granted_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_purchase_id_purchases_id_fk" FOREIGN KEY ("purchase_id") REFERENCES "public"."purchases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payment_methods" ADD CONSTRAINT "payment_methods_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan_reminders" ADD CONSTRAINT "plan_reminders_wallet_id_wallets_id_fk" FOREIGN KEY ("wallet_id") REFERENCES "public"."wallets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "purchases_one_renewal" ON "purchases" USING btree ("user_id") WHERE status = 'pending' and automatic;--> statement-breakpoint
CREATE INDEX "wallets_plan_end" ON "wallets" USING btree ("plan_expires_at");--> statement-breakpoint
ALTER TABLE "plan_periods" ADD CONSTRAINT "plan_periods_ref" UNIQUE("ref_id");--> statement-breakpoint
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_low_points" CHECK ("wallets"."low_points" >= 0);--> statement-breakpoint
-- Prices in minor units, before tax: an administrator changes them.
INSERT INTO plan_offers (plan, days, points, price) VALUES ('15d', 15, 200, 5000000), ('30d', 30, 400, 9000000);
--> statement-breakpoint
INSERT INTO topup_offers (points, price) VALUES (100, 3000000), (200, 5500000), (500, 12500000), (1000, 22500000);
--> statement-breakpoint
CREATE TRIGGER invoices_append_only BEFORE UPDATE OR DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER invoices_keep BEFORE TRUNCATE ON invoices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER grants_append_only BEFORE UPDATE OR DELETE ON grants FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER grants_keep BEFORE TRUNCATE ON grants FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['purchases', 'payment_methods', 'invoices', 'grants', 'plan_reminders'] LOOP
    EXECUTE format('CREATE POLICY own_rows ON %I FOR ALL TO masssender_web
      USING (user_id = (SELECT current_setting(''app.user_id'', true)))
      WITH CHECK (user_id = (SELECT current_setting(''app.user_id'', true)))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['purchases', 'payment_methods', 'invoices', 'grants', 'plan_reminders', 'plan_offers', 'topup_offers',
                           'payment_events', 'demo_payments', 'invoice_numbers'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;
--> statement-breakpoint
CREATE POLICY everybody ON plan_offers FOR SELECT TO masssender_web USING (true);
--> statement-breakpoint
CREATE POLICY everybody ON topup_offers FOR SELECT TO masssender_web USING (true);
--> statement-breakpoint
-- A purchase is made by its user; that it is paid, and everything that follows from it, is written on the system path alone.
GRANT SELECT, INSERT ON purchases TO masssender_web;
--> statement-breakpoint
GRANT SELECT, DELETE ON payment_methods TO masssender_web;
--> statement-breakpoint
GRANT SELECT ON invoices, grants, plan_offers, topup_offers TO masssender_web;
--> statement-breakpoint
GRANT SELECT, UPDATE (seen_at) ON plan_reminders TO masssender_web;
