import { type BinaryNode, decodeBinaryNode, encodeBinaryNode, type proto } from "@whiskeysockets/baileys";
import type { WebSocket } from "ws";
import { node } from "./nodes.ts";
import { NoiseResponder, type ServerIdentity } from "./noise.ts";

const CLOSE_GRACE_MS = 500;

/** What the server does with a connection. */
export interface ConnectionHandlers {
  /** The handshake is over: this is what the client says it is. */
  onClient: (connection: Connection, payload: proto.ClientPayload) => void;
  onNode: (connection: Connection, stanza: BinaryNode) => void;
  onClose: (connection: Connection) => void;
}

/** One client's WebSocket: frames, handshake and encryption, so that the rest of the server sees stanzas only. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #noise: NoiseResponder;
  readonly #handlers: ConnectionHandlers;
  #pending: Buffer = Buffer.alloc(0);
  #stage: "intro" | "hello" | "finish" | "open" = "intro";
  #reading: Promise<void> = Promise.resolve();
  #muted = false;
  #frozen = false;
  #clientStatic: Buffer = Buffer.alloc(0);

  constructor(socket: WebSocket, identity: ServerIdentity, handlers: ConnectionHandlers) {
    this.#socket = socket;
    this.#noise = new NoiseResponder(identity);
    this.#handlers = handlers;
    socket.on("message", (data: Buffer) => {
      this.#reading = this.#reading.then(() => this.#read(data)).catch((error: unknown) => this.#fail(error));
    });
    socket.on("close", () => handlers.onClose(this));
    socket.on("error", () => socket.terminate());
  }

  /** The Noise static key the client proved to own. */
  get clientStatic(): Buffer {
    return this.#clientStatic;
  }

  get alive(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Whether it is half open: there for the client, deaf and dumb in truth. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** Writes one stanza; false when the connection is gone or frozen and nothing was written. */
  send(stanza: BinaryNode): boolean {
    if (!this.alive || this.#frozen) return false;
    this.#write(this.#noise.encrypt(encodeBinaryNode(stanza)));
    return true;
  }

  /** Writes one stanza and cuts the connection as soon as it is out. */
  sendAndDrop(stanza: BinaryNode): void {
    this.mute();
    if (!this.alive) return;
    this.#write(this.#noise.encrypt(encodeBinaryNode(stanza)), () => this.#socket.terminate());
  }

  /** Keeps the TCP connection and reads and writes nothing any more, as after a network that vanished. */
  freeze(): void {
    this.mute();
    this.#frozen = true;
    this.#socket.pause();
  }

  /** Ignores whatever the client still says: a refused client that is still answered would never give up. */
  mute(): void {
    this.#muted = true;
  }

  /** Says a last word and closes properly. */
  end(...lastWords: BinaryNode[]): void {
    this.mute();
    for (const stanza of lastWords) this.send(stanza);
    this.send(node("xmlstreamend"));
    this.#socket.close();
    setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS).unref();
  }

  /** Cuts the TCP connection without a word. */
  drop(): void {
    this.mute();
    this.#socket.terminate();
  }

  #write(body: Uint8Array, written?: () => void): void {
    const head = Buffer.from([body.length >> 16, (body.length >> 8) & 255, body.length & 255]);
    this.#socket.send(Buffer.concat([head, body]), written);
  }

  #fail(error: unknown): void {
    if (this.alive) process.stderr.write(`simulator: dropped a connection: ${error}\n`);
    this.drop();
  }

  async #read(data: Buffer): Promise<void> {
    this.#pending = this.#pending.length ? Buffer.concat([this.#pending, data]) : data;
    if (this.#stage === "intro" && !this.#takeIntro()) return;
    while (this.#pending.length >= 3) {
      const end = 3 + this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < end) return;
      const frame = this.#pending.subarray(3, end);
      this.#pending = this.#pending.subarray(end);
      await this.#frame(frame);
    }
  }

  /** Takes `WA` 6 3, with an `ED` routing block before it when the client kept one. */
  #takeIntro(): boolean {
    const bytes = this.#pending;
    let at = 0;
    if (bytes.length >= 7 && bytes.toString("latin1", 0, 2) === "ED") at = 7 + bytes.readUIntBE(4, 3);
    if (bytes.length < at + 4) return false;
    if (bytes.toString("latin1", at, at + 2) !== "WA") throw new Error("the stream does not begin with WA");
    this.#pending = bytes.subarray(at + 4);
    this.#stage = "hello";
    return true;
  }

  async #frame(frame: Buffer): Promise<void> {
    if (this.#stage === "hello") {
      this.#stage = "finish";
      this.#write(this.#noise.hello(frame));
    } else if (this.#stage === "finish") {
      this.#stage = "open";
      const { clientStatic, payload } = this.#noise.finish(frame);
      this.#clientStatic = clientStatic;
      this.#handlers.onClient(this, payload);
    } else {
      const stanza = await decodeBinaryNode(this.#noise.decrypt(frame));
      if (!this.#muted) this.#handlers.onNode(this, stanza);
    }
  }
}
