import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type {
  AccountView,
  ChatView,
  ConnectionFigures,
  Delays,
  FaultSettings,
  PhoneView,
  SentView,
} from "./contract.ts";

export type { AccountView, ChatView, ConnectionFigures, Delays, FaultSettings, PhoneView, SentView };

const START_TIMEOUT_MS = 30_000;

/** What the simulator refused, with its sentence and the HTTP status. */
export class SimulatorRefused extends Error {
  readonly status: number;
  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

const errorSentence = (body: unknown): string =>
  typeof body === "object" && body !== null && "error" in body ? String(body.error) : "the simulator gave no reason";

/** The control of a running simulator. Every method throws SimulatorRefused when the simulator says no. */
export const connectSimulator = (baseUrl: string) => {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new SimulatorRefused(response.status, errorSentence(answer));
    // Both ends are this one folder: the control builds its answers as these very types.
    return answer as T;
  };
  const account = (phone: string, rest = "") => `/accounts/${encodeURIComponent(phone)}${rest}`;
  const phonePath = (phone: string, rest = "") => `/phones/${encodeURIComponent(phone)}${rest}`;

  return {
    /** Where Baileys connects: `waWebSocketUrl`. */
    webSocketUrl: new URL("/ws/chat", baseUrl.replace(/^http/, "ws")).href,
    health: () => ask<{ ok: true }>("GET", "/healthz"),
    /** The root key to trust: 32 bytes as base64, for `WA_CERT_DETAILS.PUBLIC_KEY`. */
    trust: () => ask<{ publicKey: string; serial: number }>("GET", "/trust"),
    accounts: () => ask<AccountView[]>("GET", "/accounts"),
    /** Makes the account of a number, or returns it. */
    openAccount: (phone: string, name?: string) => ask<AccountView>("POST", "/accounts", { phone, name }),
    account: (phone: string) => ask<AccountView>("GET", account(phone)),
    /** The phone scans the text of a QR code; resolves when the device is linked. */
    scan: (phone: string, qr: string) => ask<{ deviceId: number }>("POST", account(phone, "/scan"), { qr }),
    /** The phone unlinks one device, or all. */
    unlink: (phone: string, deviceId?: number) =>
      ask<{ removed: number }>("POST", account(phone, "/unlink"), { deviceId }),
    /** Cuts the TCP connections of all devices. */
    drop: (phone: string) => ask<{ dropped: number }>("POST", account(phone, "/drop")),
    /** Milliseconds; null is never. What is left out stays. */
    setDelays: (phone: string, delays: Partial<Delays>) => ask<Delays>("PUT", account(phone, "/delays"), delays),
    /** Sets the named faults, leaves the others, returns those in force. */
    setFaults: (phone: string, faults: FaultSettings) => ask<FaultSettings>("PUT", account(phone, "/faults"), faults),
    clearFaults: (phone: string) => ask<FaultSettings>("DELETE", account(phone, "/faults")),
    /** What the account's own phone shows. */
    chats: (phone: string) => ask<ChatView[]>("GET", account(phone, "/chats")),
    /** What the server took from the account, by recipient, in order of arrival. */
    sent: (phone: string) => ask<SentView[]>("GET", account(phone, "/sent")),
    connections: (phone: string) => ask<ConnectionFigures>("GET", account(phone, "/connections")),
    /** What any phone shows. */
    phoneChats: (phone: string) => ask<ChatView[]>("GET", phonePath(phone, "/chats")),
    setPhone: (phone: string, settings: Partial<Omit<PhoneView, "phone" | "lid" | "name">> & { name?: string }) =>
      ask<PhoneView>("PUT", phonePath(phone), settings),
    /** A phone writes to an account. */
    write: (from: string, to: string, text: string) =>
      ask<{ id: string }>("POST", phonePath(from, "/messages"), { to, text }),
  };
};
export type SimulatorClient = ReturnType<typeof connectSimulator>;

const exited = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));

const readyUrl = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`the simulator did not start: ${said}`)), START_TIMEOUT_MS);
    child.stdout?.on("data", (data: Buffer) => {
      said += data;
      const url = /simulator ready (\S+)/.exec(said)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the simulator stopped with code ${code}: ${said}`));
    });
  });

/** A simulator in a process of its own. */
export interface SpawnedSimulator {
  url: string;
  client: SimulatorClient;
  pid: number;
  /** SIGTERM, and waits for the end. */
  stop: () => Promise<void>;
  /** SIGKILL, at once. */
  kill: () => void;
}

/** Starts `main.ts` as a child process, on any free port unless one is named; `state` is its state file. */
export const spawnSimulator = async (options: { port?: number; state?: string } = {}): Promise<SpawnedSimulator> => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const state = options.state ? ["--state", options.state] : [];
  const child = spawn(process.execPath, ["--import", tsx, main, "--port", String(options.port ?? 0), ...state], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await readyUrl(child);
  return {
    url,
    client: connectSimulator(url),
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGTERM");
      await exited(child);
    },
    kill: () => void child.kill("SIGKILL"),
  };
};
