import { z } from "zod";

/** What the Cloud API side remembers. */
export const businessSchema = z.object({});
export type Business = z.output<typeof businessSchema>;
