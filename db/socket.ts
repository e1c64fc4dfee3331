import net from "node:net";

const LINGER_MS = 50;

/**
 * The socket of a database connection. It tells postgres.js 3.4.9 of its end a moment late, and of the failure first.
 * Otherwise what is written just then (the rollback of a transaction that lost its connection, say) meets a connection that
 * has forgotten its socket: that throws where nobody can catch it, or leaves the slot of the pool unusable
 * (porsager/postgres#1154, #1208). In the moment given, such writes fail like any other.
 */
class LastingSocket extends net.Socket {
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== "close") return super.emit(event, ...args);
    if (this.listenerCount("error") > 0 && args[0] !== true) {
      super.emit(
        "error",
        Object.assign(new Error("The database closed the connection."), { code: "CONNECTION_CLOSED" }),
      );
    }
    // `false`: the failure is told anew, to what was written since.
    setTimeout(() => super.emit("close", false), LINGER_MS);
    return true;
  }
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
