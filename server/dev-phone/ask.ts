import { z } from "zod";
import type { Env } from "../env.ts";
import { DomainError } from "../errors.ts";

export type SimulatorEnv = Pick<Env, "simulatorUrl" | "whatsapp">;

const PATIENCE_MS = 20_000;
const failure = z.object({ error: z.string() });

/**
 * Sends a request to the local WhatsApp's control API. Elsewhere than beside it, the pretend phone does not exist.
 * @throws DomainError not_found, or simulator_unavailable with what the simulator said
 */
export async function request(env: SimulatorEnv, method: string, path: string, body?: unknown): Promise<Response> {
  if (env.whatsapp !== "simulator") throw new DomainError("not_found");
  const response = await fetch(new URL(path, env.simulatorUrl), {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => {
    throw new DomainError("simulator_unavailable", { why: "it does not answer. Start it with npm start." });
  });
  if (response.ok) return response;
  const said = failure.safeParse(await response.json().catch(() => null));
  throw new DomainError("simulator_unavailable", {
    why: said.success ? said.data.error : `status ${response.status}`,
  });
}

/** Asks the control API and checks that the answer is what this product understands. */
export async function ask<T extends z.ZodType>(
  env: SimulatorEnv,
  answer: T,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<z.output<T>> {
  const response = await request(env, method, path, body);
  return answer.parse(await response.json());
}

/** A number or a group's id as a part of a path. */
export const part = encodeURIComponent;

/** For answers of which nothing is needed but that they came. */
export const anything = z.unknown();
