import { type Id, type IdKind, isId } from "#db/ids.ts";

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

/** Other values for some search parameters; null takes one away. */
export type Changes = Readonly<Record<string, string | readonly string[] | null>>;

/** The same page with some of its search parameters changed. */
export function withSearch(search: URLSearchParams, changes: Changes): string {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (typeof value === "string") {
      next.set(name, value);
      continue;
    }
    next.delete(name);
    for (const each of value ?? []) next.append(name, each);
  }
  return `?${next}`;
}

/** A search parameter that is one of the allowed words, else undefined. */
export function oneOf<T extends string>(value: string | null, allowed: readonly T[]): T | undefined {
  return allowed.find((word) => word === value);
}

/** The typed id in a path or search parameter. What has not its form names nothing: 404. */
export function idParam<K extends IdKind>(kind: K, value: string | null | undefined): Id<K> {
  if (!isId(kind, value)) throw new Response(null, { status: 404 });
  return value;
}

/** A cursor that names a row; a mistyped one starts at the first rows. */
export function idCursor<K extends IdKind>(kind: K, value: string | null): Id<K> | undefined {
  return isId(kind, value) ? value : undefined;
}
