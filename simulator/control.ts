import { Hono, type Context as Http } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { contactWrites } from "./chats/inbound.ts";
import { type AccountView, bodies, type ChatView, type PhoneView, phoneParameter, type SentView } from "./contract.ts";
import { removeDevice } from "./service/devices.ts";
import { ScanRefused } from "./service/pairing.ts";
import type { Service } from "./service/service.ts";
import { lidJid } from "./wire/jids.ts";
import type { Account, Phone } from "./world/schema.ts";

const MAX_BODY = 1024 * 1024;

const refuse = (status: 400 | 404 | 415, sentence: string): never => {
  throw new HTTPException(status, { message: sentence });
};

const inWords = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => (path.length ? `${path.join(".")}: ${message}` : message)).join("; ");

const parse = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : refuse(400, inWords(parsed.error));
};

/** Only JSON that says so: a web page cannot send that to us without asking first. */
const bodyOf = async <T extends z.ZodType>(http: Http, schema: T): Promise<z.output<T>> => {
  const text = await http.req.text();
  if (!text) return parse(schema, {});
  if (!http.req.header("content-type")?.startsWith("application/json")) {
    refuse(415, "The body must be sent as application/json.");
  }
  try {
    return parse(schema, JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) refuse(400, "The body is not JSON.");
    throw error;
  }
};

const chatsOf = (service: Service, phone: Phone | undefined): ChatView[] =>
  [...(phone?.chats ?? [])].map(([peer, messages]) => ({
    with: peer,
    name: service.ctx.store.knownPhone(peer)?.name ?? null,
    messages: [...messages.values()].sort((a, b) => a.at - b.at),
  }));

const accountView = (service: Service, account: Account): AccountView => {
  const live = new Set(service.ctx.delivery.liveClients(account).map((client) => client.device));
  return {
    phone: account.phone,
    name: service.ctx.store.phone(account.phone).name,
    lid: lidJid(account.phone),
    devices: [...account.devices.values()].map((device) => ({ id: device.id, connected: live.has(device) })),
    delays: account.delays,
    faults: service.ctx.faultsOf(account.phone).inForce,
  };
};

const phoneView = ({ phone, name, onWhatsApp, readReceipts, addressing }: Phone): PhoneView => ({
  phone,
  lid: lidJid(phone),
  name,
  onWhatsApp,
  readReceipts,
  addressing,
});

const sentView = (account: Account): SentView[] =>
  [...account.sent].map(([phone, messages]) => ({
    phone,
    lid: lidJid(phone),
    messages: [...messages.values()].map((sent) => ({
      id: sent.id,
      text: sent.text,
      copies: sent.copies,
      acked: sent.acked,
      receivedAt: sent.receivedAt,
      deliveredAt: sent.deliveredAt,
      readAt: sent.readAt,
      undecryptable: sent.undecryptable,
    })),
  }));

/** The HTTP side: drives the phones, looks at their screens, and makes things go wrong. */
export const control = (service: Service): Hono => {
  const { ctx } = service;
  const app = new Hono();
  const phoneOf = (http: Http): string => parse(phoneParameter, http.req.param("phone"));
  const accountOf = (http: Http): Account => {
    const phone = phoneOf(http);
    return ctx.store.accounts.get(phone) ?? refuse(404, `There is no account ${phone}: make it with POST /accounts.`);
  };

  // The rest of such a body stays unread, so the connection cannot be used again.
  const tooLarge = (http: Http) => http.json({ error: "The body is larger than 1 MB." }, 413, { connection: "close" });
  app.use(bodyLimit({ maxSize: MAX_BODY, onError: tooLarge }));
  app.notFound((http) => http.json({ error: `There is nothing at ${http.req.method} ${http.req.path}.` }, 404));
  app.onError((error, http) => {
    if (error instanceof HTTPException) return http.json({ error: error.message }, error.status);
    if (error instanceof ScanRefused) return http.json({ error: error.message }, error.status);
    process.stderr.write(`simulator: ${error.stack}\n`);
    return http.json({ error: "The simulator failed; its log says how." }, 500);
  });

  app.get("/healthz", (http) => http.json({ ok: true }));
  app.get("/trust", (http) => http.json({ publicKey: service.identity.rootPublic.toString("base64"), serial: 0 }));

  app.get("/accounts", (http) => http.json([...ctx.store.accounts.values()].map((each) => accountView(service, each))));
  app.post("/accounts", async (http) => {
    const { phone, name } = await bodyOf(http, bodies.account);
    const account = ctx.store.openAccount(phone);
    if (name) ctx.store.phone(phone).name = name;
    ctx.store.saveNow();
    return http.json(accountView(service, account));
  });
  app.get("/accounts/:phone", (http) => http.json(accountView(service, accountOf(http))));
  app.get("/accounts/:phone/connections", (http) => http.json(ctx.delivery.figures(accountOf(http))));
  app.get("/accounts/:phone/chats", (http) => http.json(chatsOf(service, ctx.store.phone(accountOf(http).phone))));
  app.get("/accounts/:phone/sent", (http) => http.json(sentView(accountOf(http))));

  app.post("/accounts/:phone/scan", async (http) => {
    const account = accountOf(http);
    const { qr } = await bodyOf(http, bodies.scan);
    return http.json({ deviceId: (await service.pairing.scan(ctx, account, qr)).id });
  });
  app.post("/accounts/:phone/unlink", async (http) => {
    const account = accountOf(http);
    const { deviceId } = await bodyOf(http, bodies.unlink);
    const devices = [...account.devices.values()].filter(({ id }) => deviceId === undefined || id === deviceId);
    for (const device of devices) removeDevice(ctx, account, device);
    return http.json({ removed: devices.length });
  });
  app.post("/accounts/:phone/drop", (http) => {
    const clients = ctx.delivery.liveClients(accountOf(http));
    for (const client of clients) client.connection.drop();
    return http.json({ dropped: clients.length });
  });
  app.put("/accounts/:phone/delays", async (http) => {
    const account = accountOf(http);
    account.delays = { ...account.delays, ...(await bodyOf(http, bodies.delays)) };
    ctx.store.touch();
    return http.json(account.delays);
  });
  app.put("/accounts/:phone/faults", async (http) => {
    const faults = ctx.faultsOf(accountOf(http).phone);
    faults.set(await bodyOf(http, bodies.faults));
    return http.json(faults.inForce);
  });
  app.delete("/accounts/:phone/faults", (http) => {
    const faults = ctx.faultsOf(accountOf(http).phone);
    faults.clear();
    return http.json(faults.inForce);
  });

  app.get("/phones/:phone/chats", (http) => http.json(chatsOf(service, ctx.store.knownPhone(phoneOf(http)))));
  app.put("/phones/:phone", async (http) => {
    const phone = ctx.store.phone(phoneOf(http));
    Object.assign(phone, await bodyOf(http, bodies.phone));
    ctx.store.touch();
    return http.json(phoneView(phone));
  });
  app.post("/phones/:phone/messages", async (http) => {
    const from = phoneOf(http);
    const { to, text } = await bodyOf(http, bodies.message);
    const account =
      ctx.store.accounts.get(to) ?? refuse(404, `There is no account ${to}: make it with POST /accounts.`);
    if (from === to) refuse(400, "A phone cannot write to itself here.");
    return http.json({ id: await contactWrites(ctx, ctx.store.phone(from), account, text) });
  });
  return app;
};
