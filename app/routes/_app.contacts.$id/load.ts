import type { Api } from "#server/route-api.ts";

export type Contact = Awaited<ReturnType<Api["contacts"]["get"]>>;
export type Evidence = Contact["evidence"][number];
export type TimelinePage = Awaited<ReturnType<Api["contacts"]["timeline"]>>;
export type Happening = TimelinePage["rows"][number];
