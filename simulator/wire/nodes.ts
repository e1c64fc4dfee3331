import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";

/** The server's own address, as it signs its stanzas. */
export const SERVER = "@s.whatsapp.net";

/** A stanza that can be kept in JSON: bytes are base64 under `b`. */
export interface PackedNode {
  tag: string;
  attrs: Record<string, string>;
  content?: PackedNode[] | { b: string } | undefined;
}

/** Builds a stanza; attributes that are undefined are left out, all others must be strings on this wire. */
export const node = (
  tag: string,
  attrs: Record<string, string | undefined> = {},
  content?: BinaryNode["content"],
): BinaryNode => {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(attrs)) if (value !== undefined) set[name] = value;
  return content === undefined ? { tag, attrs: set } : { tag, attrs: set, content };
};

/** The answer to an iq. */
export const result = (iq: BinaryNode, content?: BinaryNode[]): BinaryNode =>
  node("iq", { from: SERVER, type: "result", id: iq.attrs.id }, content);

/** The refusal of an iq. */
export const refusal = (iq: BinaryNode, code: number, text: string): BinaryNode =>
  node("iq", { from: SERVER, type: "error", id: iq.attrs.id }, [node("error", { code: String(code), text })]);

/** The child elements of a stanza. */
export const children = (parent: BinaryNode | undefined): BinaryNode[] =>
  Array.isArray(parent?.content) ? parent.content : [];

/** The bytes of an element; text bodies may arrive as string or as bytes, depending on how they packed. */
export const bytesOf = (element: BinaryNode | undefined): Buffer | undefined => {
  const content = element?.content;
  if (typeof content === "string") return Buffer.from(content);
  return content instanceof Uint8Array ? Buffer.from(content.buffer, content.byteOffset, content.length) : undefined;
};

/** The bytes of a named child. */
export const childBytes = (parent: BinaryNode | undefined, tag: string): Buffer | undefined =>
  parent && bytesOf(getBinaryNodeChild(parent, tag));

/** A big-endian number of `length` bytes. */
export const bigEndian = (value: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
};

/** Seconds since 1970, as stanzas carry time. */
export const seconds = (at: number): string => String(Math.floor(at / 1000));

/** A stanza as JSON. */
export const pack = (stanza: BinaryNode): PackedNode => {
  const bytes = bytesOf(stanza);
  const content = bytes ? { b: bytes.toString("base64") } : children(stanza).map(pack);
  return { tag: stanza.tag, attrs: stanza.attrs, ...(stanza.content === undefined ? {} : { content }) };
};

/** The stanza kept by `pack`. */
export const unpack = (packed: PackedNode): BinaryNode => {
  if (!packed.content) return { tag: packed.tag, attrs: packed.attrs };
  const content = Array.isArray(packed.content) ? packed.content.map(unpack) : Buffer.from(packed.content.b, "base64");
  return { tag: packed.tag, attrs: packed.attrs, content };
};
