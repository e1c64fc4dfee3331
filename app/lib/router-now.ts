import { z } from "zod";

const place = z.object({ pathname: z.string(), search: z.string() });
const routerNow = z.object({
  state: z.object({
    location: place,
    navigation: z.object({ state: z.string(), location: place.optional() }),
    revalidation: z.string(),
  }),
});

/** Where Remix is at this moment and what it loads. What its hooks say follows later where the machine is busy. */
export function readRouter(): z.infer<typeof routerNow>["state"] | undefined {
  return routerNow.safeParse(Reflect.get(window, "__remixRouter")).data?.state;
}
