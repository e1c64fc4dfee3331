import { DomainError } from "../errors.ts";
import { part, request, type SimulatorEnv } from "./ask.ts";
import { phone } from "./schema.ts";

/** What a browser may show in the page: pictures without scripts. An SVG has scripts. */
const SHOWN = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/**
 * A picture or document that a phone has, for the browser. Only pictures are shown; anything else is a download,
 * whatever it says it is.
 * @throws DomainError not_found
 */
export async function readMedia(env: SimulatorEnv, of: { phone: string; sha256: string }): Promise<Response> {
  if (!phone.safeParse(of.phone).success || !/^[0-9a-f]{64}$/.test(of.sha256)) throw new DomainError("not_found");
  const answer = await request(env, "GET", `/phones/${part(of.phone)}/media/${of.sha256}`);
  const type = answer.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  return new Response(answer.body, {
    headers: SHOWN.has(type)
      ? { "content-type": type, "cache-control": "private, max-age=86400, immutable" }
      : {
          "content-type": /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "application/octet-stream",
          "content-disposition": "attachment",
        },
  });
}
