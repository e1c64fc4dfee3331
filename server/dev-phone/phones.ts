import { z } from "zod";
import { anything, ask, part, type SimulatorEnv } from "./ask.ts";
import type { personSettings, WriteInput } from "./schema.ts";

const person = z.object({
  phone: z.string(),
  name: z.string().nullable(),
  onWhatsApp: z.boolean(),
  readReceipts: z.boolean(),
  addressing: z.enum(["pn", "lid"]),
  online: z.boolean(),
  generation: z.number(),
});

const chat = z.object({
  /** A number, or the id of a group. */
  with: z.string(),
  name: z.string().nullable(),
  messages: z.array(
    z.object({
      id: z.string(),
      fromMe: z.boolean(),
      author: z.string().nullable(),
      text: z.string().nullable(),
      media: z
        .object({
          kind: z.enum(["image", "document", "video", "audio", "sticker"]),
          mimeType: z.string(),
          fileName: z.string().nullable(),
          bytes: z.number(),
          sha256: z.string(),
        })
        .nullable(),
      quoted: z.object({ id: z.string(), text: z.string() }).nullable(),
      edited: z.boolean(),
      /** Deleted for everybody. */
      revoked: z.boolean(),
      reactions: z.array(z.object({ by: z.string(), emoji: z.string() })),
      at: z.coerce.date(),
      copies: z.number(),
      status: z.enum(["sent", "delivered", "read"]),
    }),
  ),
});

const at = (phone: string) => `/phones/${part(phone)}`;

/** The people WhatsApp knows of, the newest 500. */
export const listPeople = (env: SimulatorEnv) => ask(env, z.array(person), "GET", "/phones");

export const readPerson = (env: SimulatorEnv, input: { phone: string }) => ask(env, person, "GET", at(input.phone));

/** What a phone shows: its own chats, whoever they are with. */
export const readChats = (env: SimulatorEnv, input: { phone: string }) =>
  ask(env, z.array(chat), "GET", `${at(input.phone)}/chats`);

/** Names somebody, so that phones show the name; nobody is told. */
export async function startChat(env: SimulatorEnv, input: { with: string; name?: string | undefined }): Promise<void> {
  if (input.name) await ask(env, anything, "PUT", at(input.with), { name: input.name });
}

/** Somebody writes on their phone: to a number or into a group, with a file or without. */
export async function writeFrom(env: SimulatorEnv, { from, file, ...content }: WriteInput): Promise<{ id: string }> {
  const media = file && {
    kind: file.type.startsWith("image/") ? "image" : "document",
    mimeType: file.type || "application/octet-stream",
    ...(file.name ? { fileName: file.name } : {}),
    data: Buffer.from(await file.arrayBuffer()).toString("base64"),
  };
  const body = { ...content, ...(media ? { media } : {}) };
  return ask(env, z.object({ id: z.string() }), "POST", `${at(from)}/messages`, body);
}

/** A person opens a chat on their phone: everything in it becomes read, and the senders hear so. */
export const openChat = (env: SimulatorEnv, input: { phone: string; with: string }) =>
  ask(env, z.object({ read: z.number() }), "POST", `${at(input.phone)}/read`, { with: input.with });

const settingBodies = {
  onWhatsApp: (on: boolean) => ({ onWhatsApp: on }),
  readReceipts: (on: boolean) => ({ readReceipts: on }),
  online: (on: boolean) => ({ online: on }),
  hidden: (on: boolean) => ({ addressing: on ? "lid" : "pn" }),
} satisfies Record<(typeof personSettings)[number], (on: boolean) => object>;

export const setPerson = (
  env: SimulatorEnv,
  input: { phone: string; setting: (typeof personSettings)[number]; to: "on" | "off" },
) => ask(env, person, "PUT", at(input.phone), settingBodies[input.setting](input.to === "on"));

/** WhatsApp is installed anew on a phone: it has new identity keys from then on. */
export const reinstall = (env: SimulatorEnv, input: { phone: string }) =>
  ask(env, anything, "POST", `${at(input.phone)}/reinstall`);
