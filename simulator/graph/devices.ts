import { writeToAccount } from "../chats/writing.ts";
import { compose } from "../content/composing.ts";
import type { Context } from "../service/context.ts";
import { pnJid } from "../wire/jids.ts";
import type { Phone, Shown } from "../world/schema.ts";
import { messageBy } from "./numbers.ts";
import type { BusinessNumber, Outbound } from "./schema.ts";

const written = async (ctx: Context, own: Phone, person: string, { text, media, quoted }: Shown) => {
  const data = media && (await ctx.media.pictures.read(media.sha256));
  const { kind, mimeType, fileName } = media ?? {};
  const file = kind && mimeType && data ? { kind, mimeType, fileName: fileName ?? undefined, data } : undefined;
  const composed = await compose(ctx, own, person, { text, media: file, quoted: quoted?.id }, (number) =>
    pnJid(number),
  );
  return composed.messageFor(person);
};

const reaction = (ctx: Context, own: Phone, person: string, { to, emoji }: { to: string; emoji: string }) => {
  const target = messageBy(own, person, to);
  const key = { remoteJid: pnJid(person), fromMe: target?.fromMe ?? false, id: target?.id ?? to };
  return { reactionMessage: { key, text: emoji, senderTimestampMs: ctx.clock.now() } };
};

/**
 * What a business wrote, to the devices linked to the person's phone: encrypted with the keys of the business's own
 * number, as the Cloud API does it. A template is its text there, without buttons.
 */
export const writeToDevices = async (ctx: Context, number: BusinessNumber, message: Outbound): Promise<void> => {
  const account = ctx.store.accounts.get(message.to);
  if (!account?.devices.size) return;
  const own = ctx.store.phone(number.phone);
  const shown = own.chats.get(message.to)?.get(message.id);
  const content = message.reaction
    ? reaction(ctx, own, message.to, message.reaction)
    : shown && (await written(ctx, own, message.to, shown));
  if (content) await writeToAccount(ctx, own, account, message.id, content);
};
