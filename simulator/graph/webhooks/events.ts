import type { Context } from "../../service/context.ts";
import { strike } from "../numbers.ts";
import { escapedJson } from "../rules.ts";
import type { App, Behaviour, Event, Strikes } from "../schema.ts";
import { sendParcel } from "./parcels.ts";

const isList = (value: unknown): value is unknown[] => Array.isArray(value);

/** Two events that may share one change: both about messages of one number, or both about statuses of one number. */
const fits = (a: Event, b: Event): boolean =>
  a.field === "messages" &&
  b.field === "messages" &&
  JSON.stringify(a.value.metadata) === JSON.stringify(b.value.metadata) &&
  "messages" in a.value === "messages" in b.value;

const joined = (a: Event, b: Event): Event => {
  const value = { ...a.value };
  for (const key of ["messages", "statuses"]) {
    const [mine, more] = [a.value[key], b.value[key]];
    if (isList(mine) && isList(more)) value[key] = [...mine, ...more];
  }
  const contacts = [a.value.contacts, b.value.contacts].flatMap((list) => (isList(list) ? list : []));
  const known = new Map(contacts.map((contact) => [JSON.stringify(contact), contact]));
  if (known.size) value.contacts = [...known.values()];
  return { ...a, value };
};

/** Several events as one body: an entry for each account, in it a change for each field. */
const payloadOf = (events: Event[]): object => {
  const entries = new Map<string, Event[]>();
  for (const event of events) {
    const changes = entries.get(event.wabaId) ?? [];
    const last = changes.at(-1);
    if (last && fits(last, event)) changes[changes.length - 1] = joined(last, event);
    else changes.push(event);
    entries.set(event.wabaId, changes);
  }
  return {
    object: "whatsapp_business_account",
    entry: [...entries].map(([id, changes]) => ({
      id,
      ...(changes.some(({ field }) => field !== "messages") ? { time: Math.floor((changes[0]?.at ?? 0) / 1000) } : {}),
      changes: changes.map(({ value, field }) => ({ value, field })),
    })),
  };
};

type Chance = "duplicate" | "reorder" | "drop";

const strikes = (ctx: Context, app: App, what: Chance): boolean => {
  const setting: Strikes | null = app.behaviour[what];
  if (!setting) return false;
  const { hit, left } = strike(ctx, setting, what, app.id);
  app.behaviour[what] = left;
  if (hit) ctx.journal.record("fault", `webhook of app ${app.id}: ${what}`);
  return hit;
};

/** Sends what waits for company, in bodies of at most the batch. */
const flush = (ctx: Context, app: App): void => {
  while (app.waiting.length) {
    const events = app.waiting.splice(0, app.behaviour.batch);
    const { delayMs, reorderMs }: Behaviour = app.behaviour;
    sendParcel(ctx, app, escapedJson(payloadOf(events)), {
      afterMs: delayMs + (strikes(ctx, app, "reorder") ? reorderMs : 0),
      times: strikes(ctx, app, "duplicate") ? 2 : 1,
      lost: strikes(ctx, app, "drop"),
    });
  }
  ctx.store.touch();
};

/** Tells the app of an account what happened, if the account and the field are subscribed. */
export const tell = (ctx: Context, wabaId: string, field: string, value: Record<string, unknown>): void => {
  const waba = ctx.store.business.wabas.get(wabaId);
  const app = waba?.subscribed ? ctx.store.business.apps.get(waba.appId) : undefined;
  if (!app?.subscription || app.subscription.fields?.includes(field) === false) return;
  app.waiting.push({ wabaId, field, at: ctx.clock.now(), value });
  if (app.waiting.length >= app.behaviour.batch) flush(ctx, app);
  else if (app.waiting.length === 1) ctx.clock.after(app.behaviour.batchMs, () => flush(ctx, app));
  ctx.store.touch();
};

/** After a restart: what waited for company goes out. */
export const resumeWebhooks = (ctx: Context): void => {
  for (const app of ctx.store.business.apps.values()) flush(ctx, app);
};
