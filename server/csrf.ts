/**
 * Whether a request that changes something may be believed to come from our own pages. Fetch metadata first, the Origin
 * header where a client does not send it (OWASP CSRF cheat sheet). Bearer tokens are no ambient authority: exempt.
 */
export function comesFromOurPages(request: Request, appOrigin: string): boolean {
  if (request.method === "GET" || request.method === "HEAD" || request.method === "OPTIONS") return true;
  if (request.headers.get("authorization")?.startsWith("Bearer ")) return true;
  const site = request.headers.get("sec-fetch-site");
  if (site) return site === "same-origin" || site === "none";
  const origin = request.headers.get("origin");
  return origin === appOrigin || origin === new URL(request.url).origin;
}
