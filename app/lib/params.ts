/** A page address that is ours: anything else, such as "//elsewhere", becomes the start page. */
export function ownPath(path: string | null | undefined): string {
  return path && /^\/(?![/\\])/.test(path) && !path.includes("\n") ? path : "/";
}

/** Where somebody who is not signed in is sent, and from where they come back. */
export function loginPath(request: Request): string {
  const url = new URL(request.url);
  const next = url.pathname + url.search;
  return request.method === "GET" && next !== "/" ? `/login?${new URLSearchParams({ next })}` : "/login";
}

/** The same page with some of its search parameters changed; null takes one away. */
export function withSearch(search: URLSearchParams, changes: Record<string, string | null>): string {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  return `?${next}`;
}

/** A search parameter that is one of the allowed words, else undefined. */
export function oneOf<T extends string>(value: string | null, allowed: readonly T[]): T | undefined {
  return allowed.find((word) => word === value);
}

/** Reads a path parameter that the route's file name promises. */
export function param(params: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = params[name];
  if (value === undefined) throw new Response(null, { status: 404 });
  return value;
}
