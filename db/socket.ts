import net from "node:net";

const LINGER_MS = 50;

/** Of the protocol's frames: a byte that tells the type, then the length of what follows, itself included, in four. */
const HEAD_BYTES = 5;
const ERROR_RESPONSE = 0x45;
/** "S" or "N", alone and before all else, says whether TLS follows: the one answer that is no frame. */
const TLS_ANSWERS = new Set([0x53, 0x4e]);

/** https://www.postgresql.org/docs/current/protocol-error-fields.html */
function fatalError(frame: Buffer): Error | undefined {
  const fields = new Map(
    frame
      .toString("utf8", HEAD_BYTES)
      .split("\0")
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );
  const severity = fields.get("V") ?? fields.get("S");
  if (severity !== "FATAL" && severity !== "PANIC") return undefined;
  return Object.assign(new Error(fields.get("M")), { name: "PostgresError", severity, code: fields.get("C") });
}

/**
 * The socket of a database connection, as postgres.js 3.4.9 needs it.
 * It tells of its end a moment late, and of the failure first. Otherwise what is written just then (the rollback of a
 * transaction that lost its connection, say) meets a connection that has forgotten its socket: that throws where nobody can
 * catch it, or leaves the slot of the pool unusable (porsager/postgres#1154, #1208). In the moment given, such writes fail
 * like any other.
 * The error with which the server ends a connection is told as a failure of the socket. Read as the answer of a statement,
 * it is kept until the server is ready for the next one, which it never is: it would be the answer to the first statement of
 * the connection that takes the slot, however much later (porsager/postgres#1223).
 */
class LastingSocket extends net.Socket {
  /** What came of a frame that cannot be judged yet. */
  #held: Buffer = Buffer.alloc(0);
  /** How much is still to come of a frame whose beginning was passed on. */
  #toCome = 0;
  #begun = false;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const [given] = args;
    if (event === "data" && Buffer.isBuffer(given)) return this.#read(given);
    if (event !== "close") return super.emit(event, ...args);
    if (given !== true) {
      this.#fail(Object.assign(new Error("The database closed the connection."), { code: "CONNECTION_CLOSED" }));
    }
    // `false`: the failure is told anew, to what was written since.
    setTimeout(() => whenNothingWaits(() => super.emit("close", false)), LINGER_MS);
    return true;
  }

  #fail(error: Error): void {
    if (this.listenerCount("error") > 0) super.emit("error", error);
  }

  #read(chunk: Buffer): boolean {
    if (!this.#begun && chunk.length === 1 && TLS_ANSWERS.has(chunk[0] ?? 0)) return super.emit("data", chunk);
    this.#begun = true;
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    let at = this.#toCome;
    while (at + HEAD_BYTES <= bytes.length) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (bytes[at] === ERROR_RESPONSE) {
        if (end > bytes.length) break;
        const error = fatalError(bytes.subarray(at, end));
        if (error) {
          this.#pass(bytes.subarray(0, at));
          this.#fail(error);
          return true;
        }
      }
      at = end;
    }
    const passed = Math.min(at, bytes.length);
    this.#held = bytes.subarray(passed);
    this.#toCome = at - passed;
    return this.#pass(bytes.subarray(0, passed));
  }

  #pass(bytes: Buffer): boolean {
    return bytes.length === 0 || super.emit("data", bytes);
  }
}

const LOOKS = 1_000;
const waiting: (() => void)[] = [];

/**
 * Runs something when no callback of setImmediate is due. postgres.js writes from one; told of the end before it has run, it
 * takes it to be still due ever after, and the slot of the pool never writes again (porsager/postgres#1208). One after the
 * other: when a server dies all its connections end at once, and each that waits by itself is what the others wait for.
 */
function whenNothingWaits(run: () => void): void {
  waiting.push(run);
  if (waiting.length === 1) look(LOOKS);
}

function look(looks: number): void {
  setImmediate(() => {
    if (looks > 0 && process.getActiveResourcesInfo().includes("Immediate")) return look(looks - 1);
    try {
      waiting[0]?.();
    } finally {
      waiting.shift();
      if (waiting.length > 0) look(LOOKS);
    }
  });
}

/** The part of postgres.js' options that says where to connect. */
interface Address {
  host: string[];
  port: number[];
  path?: string | false;
}

/** For postgres.js' option `socket`. What is written before it is connected waits. */
export function openSocket({ host, port, path }: Address): net.Socket {
  const socket = new LastingSocket();
  return path ? socket.connect(path) : socket.connect(port[0] ?? 5432, host[0] ?? "localhost");
}
