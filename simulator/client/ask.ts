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

/** One call of the control; throws SimulatorRefused when the simulator says no. */
export type Ask = <T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown) => Promise<T>;

/** Calls the control at this address. */
export const askAt =
  (baseUrl: string): Ask =>
  async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new SimulatorRefused(response.status, errorSentence(answer));
    // Both ends are this one folder: the control builds its answers as these very types.
    return answer as T;
  };

/** Fetches a file of the control; throws SimulatorRefused when the simulator says no. */
export type Fetch = (path: string) => Promise<Buffer>;

/** Files of the control at this address. */
export const fetchAt =
  (baseUrl: string): Fetch =>
  async (path) => {
    const response = await fetch(new URL(path, baseUrl));
    if (!response.ok) throw new SimulatorRefused(response.status, errorSentence(await response.json()));
    return Buffer.from(await response.arrayBuffer());
  };

export const accountPath = (phone: string, rest = ""): string => `/accounts/${encodeURIComponent(phone)}${rest}`;
export const phonePath = (phone: string, rest = ""): string => `/phones/${encodeURIComponent(phone)}${rest}`;
