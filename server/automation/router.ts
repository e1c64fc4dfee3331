import { noInput, router, userProcedure } from "../trpc.ts";
import { enableRule, moveRule, pauseRules, removeRule, resumePhone, saveRule, setAutoSettings } from "./edit.ts";
import { readAutomation } from "./queries.ts";
import {
  autoSettingsInput,
  enableRuleInput,
  moveRuleInput,
  pauseRulesInput,
  replayInput,
  resumePhoneInput,
  ruleRef,
  saveRuleInput,
  tryInput,
} from "./schema.ts";
import { replayRules } from "./trial/replay.ts";
import { tryRules } from "./trial/try.ts";

export const automationRouter = router({
  list: userProcedure.input(noInput).query(({ ctx }) => readAutomation(ctx.db, ctx.userId)),
  save: userProcedure.input(saveRuleInput).mutation(({ ctx, input }) => saveRule(ctx.db, ctx.userId, input)),
  enable: userProcedure.input(enableRuleInput).mutation(({ ctx, input }) => enableRule(ctx.db, ctx.userId, input)),
  move: userProcedure.input(moveRuleInput).mutation(({ ctx, input }) => moveRule(ctx.db, ctx.userId, input)),
  remove: userProcedure.input(ruleRef).mutation(({ ctx, input }) => removeRule(ctx.db, ctx.userId, input)),
  settings: userProcedure
    .input(autoSettingsInput)
    .mutation(({ ctx, input }) => setAutoSettings(ctx.db, ctx.userId, input)),
  pause: userProcedure.input(pauseRulesInput).mutation(({ ctx, input }) => pauseRules(ctx.db, ctx.userId, input)),
  resumePhone: userProcedure
    .input(resumePhoneInput)
    .mutation(({ ctx, input }) => resumePhone(ctx.db, ctx.userId, input)),
  try: userProcedure.input(tryInput).query(({ ctx, input }) => tryRules(ctx.db, ctx.userId, input)),
  replay: userProcedure.input(replayInput).query(({ ctx, input }) => replayRules(ctx.db, ctx.userId, input)),
});
