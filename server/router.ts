import { adminRouter } from "./admin/router.ts";
import { authRouter, tokensRouter } from "./auth/router.ts";
import { automationRouter } from "./automation/router.ts";
import { receiptsRouter } from "./billing/receipts/router.ts";
import { billingRouter } from "./billing/router.ts";
import { campaignsRouter } from "./campaigns/router.ts";
import { contactsRouter } from "./contacts/router.ts";
import { devPhoneRouter } from "./dev-phone/router.ts";
import { groupsRouter } from "./groups/router.ts";
import { importsRouter } from "./imports/router.ts";
import { inboxRouter } from "./inbox/router.ts";
import { liveRouter } from "./live-router.ts";
import { mediaRouter } from "./media/router.ts";
import { schedulesRouter } from "./schedules/router.ts";
import { templatesRouter } from "./templates/router.ts";
import { router } from "./trpc.ts";
import { waRouter } from "./wa/router.ts";
import { walletRouter } from "./wallet/router.ts";
import { webhooksRouter } from "./webhooks/router.ts";

export const appRouter = router({
  auth: authRouter,
  tokens: tokensRouter,
  wa: waRouter,
  contacts: contactsRouter,
  imports: importsRouter,
  groups: groupsRouter,
  campaigns: campaignsRouter,
  templates: templatesRouter,
  media: mediaRouter,
  rules: automationRouter,
  inbox: inboxRouter,
  wallet: walletRouter,
  receipts: receiptsRouter,
  billing: billingRouter,
  schedules: schedulesRouter,
  webhooks: webhooksRouter,
  admin: adminRouter,
  live: liveRouter,
  dev: devPhoneRouter,
});
export type AppRouter = typeof appRouter;
