import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import type { NewBusinessNumber, NewBusinessNumberView, SpawnedSimulator } from "../client.ts";
import { until } from "./baileys.ts";

const record = z.record(z.string(), z.unknown());
const payloadSchema = z.object({
  object: z.literal("whatsapp_business_account"),
  entry: z.array(z.object({ id: z.string(), changes: z.array(z.object({ field: z.string(), value: record })) })),
});
type Payload = z.output<typeof payloadSchema>;
const statusSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  recipient_id: z.string().optional(),
  recipient_user_id: z.string().optional(),
  biz_opaque_callback_data: z.string().optional(),
  errors: z.array(z.looseObject({ code: z.number() })).optional(),
});
const messageSchema = z.looseObject({ id: z.string(), from: z.string().optional(), type: z.string() });

const rawBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
};

/** A business's own server: answers the challenge, and takes only what the app's secret signed. */
export const receive = async (verifyToken: string) => {
  const heard = {
    secret: "",
    /** What it answers to a rightly signed webhook. */
    status: 200,
    payloads: [] as Payload[],
    raw: [] as string[],
    refused: 0,
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://receiver");
    if (request.method === "GET") {
      const right = url.searchParams.get("hub.verify_token") === verifyToken;
      response.writeHead(right ? 200 : 403).end(right ? url.searchParams.get("hub.challenge") : "no");
      return;
    }
    const body = await rawBody(request);
    const signed = Buffer.from(String(request.headers["x-hub-signature-256"]));
    const right = Buffer.from(`sha256=${createHmac("sha256", heard.secret).update(body).digest("hex")}`);
    if (signed.length !== right.length || !timingSafeEqual(signed, right)) {
      heard.refused++;
      response.writeHead(401).end();
      return;
    }
    if (heard.status === 200) {
      heard.raw.push(body.toString("utf8"));
      heard.payloads.push(payloadSchema.parse(JSON.parse(body.toString("utf8"))));
    }
    response.writeHead(heard.status).end();
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server always has an address with a port.
  const { port } = server.address() as AddressInfo;
  const values = () => heard.payloads.flatMap(({ entry }) => entry.flatMap(({ changes }) => changes));
  const listOf = <T extends z.ZodType>(key: string, schema: T): z.output<T>[] =>
    values().flatMap(({ value }) => z.array(schema).parse(value[key] ?? []));
  return {
    heard,
    url: `http://127.0.0.1:${port}/webhook`,
    values,
    statuses: (id?: string) => listOf("statuses", statusSchema).filter((each) => id === undefined || each.id === id),
    messages: () => listOf("messages", messageSchema),
    contacts: () => listOf("contacts", record),
    close: () => void server.close(),
  };
};
export type Receiver = Awaited<ReturnType<typeof receive>>;

const answerSchema = z.looseObject({
  error: z
    .looseObject({
      code: z.number(),
      error_subcode: z.number().optional(),
      message: z.string(),
      type: z.string(),
      fbtrace_id: z.string(),
      error_data: z.object({ messaging_product: z.literal("whatsapp"), details: z.string() }).optional(),
    })
    .optional(),
  id: z.string().optional(),
  contacts: z.array(record).optional(),
  messages: z.array(z.object({ id: z.string(), message_status: z.string() })).optional(),
  paging: z.looseObject({ next: z.string().optional(), cursors: z.record(z.string(), z.string()) }).optional(),
  data: z.union([z.array(record), record]).optional(),
});

/** A business number whose webhooks go to a receiver of its own, and the calls of the Graph API it makes. */
export const business = async (simulator: SpawnedSimulator, options: NewBusinessNumber) => {
  const own: NewBusinessNumberView = await simulator.client.openBusinessNumber(options);
  const receiver = await receive("right-token");
  receiver.heard.secret = own.appSecret;
  await simulator.client.setWebhook(own.appId, { url: receiver.url, verifyToken: "right-token" });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    { token = own.accessToken, version = "v25.0" }: { token?: string; version?: string } = {},
  ) => {
    const response = await fetch(`${simulator.url}/${version}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: answerSchema.parse(await response.json()) };
  };
  const post = (message: object) =>
    call("POST", `${own.phoneNumberId}/messages`, { messaging_product: "whatsapp", ...message });
  return {
    own,
    receiver,
    call,
    post,
    text: (to: string, body: string, more: object = {}) => post({ to, type: "text", text: { body }, ...more }),
    template: (to: string, name: string, components: object[] = [], language = "en_US") =>
      post({ to, type: "template", template: { name, language: { code: language }, components } }),
    /** Waits for a status of a message. */
    status: (id: string, status: string) =>
      until(`${status} of ${id}`, () => receiver.statuses(id).find((each) => each.status === status)),
    /** A template that may be sent at once. */
    approved: async (template: { name: string; components: object[]; [field: string]: unknown }) => {
      const waba = `${own.wabaId}/message_templates`;
      const made = await call("POST", waba, { language: "en_US", category: "UTILITY", ...template });
      if (made.status !== 200) throw new Error(JSON.stringify(made.body));
      await simulator.client.setTemplateStatus(own.wabaId, template.name, { status: "APPROVED" });
      return made.body.id ?? "";
    },
  };
};
export type TestBusiness = Awaited<ReturnType<typeof business>>;

/** The id of a message that was accepted. */
export const idOf = (answer: { status: number; body: z.output<typeof answerSchema> }): string => {
  const id = answer.body.messages?.[0]?.id;
  if (answer.status !== 200 || !id) throw new Error(`not accepted: ${JSON.stringify(answer.body)}`);
  return id;
};
