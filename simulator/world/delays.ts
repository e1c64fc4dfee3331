import { z } from "zod";

const milliseconds = z.number().int().min(0).max(86_400_000);
/** `null` is never; a pair is anything between the two, drawn for each message from the seed. */
const delay = z.union([milliseconds, z.tuple([milliseconds, milliseconds])]).nullable();

/** How long after the server took a message it says so, and the recipient's phone has it, and the person read it. */
export const delaysSchema = z.strictObject({ ackMs: delay, deliveredMs: delay, readMs: delay });
export type Delays = z.output<typeof delaysSchema>;
