import { z } from "zod";
import type { Api } from "#server/route-api.ts";
import { againByCodeInput, againByQrInput, linkByCodeInput, sessionRef } from "#server/wa/schema.ts";
import { form, submit } from "../../lib/submit.server.ts";

/** Does what a form of the pages about linked phones asks, and goes on to `here`. */
export function actOnSessions(request: Request, wa: Api["wa"], here: string) {
  const stay = { done: { to: here } };
  const say = (toast: string) => ({ done: { to: here, toast } });
  return submit(request, {
    link: form(z.object({}).strict(), () => wa.link(), stay),
    link_by_code: form(linkByCodeInput, wa.link, stay),
    new_qr: form(againByQrInput, wa.newQr, stay),
    new_code: form(againByCodeInput, wa.newQr, stay),
    unlink: form(sessionRef, wa.unlink, stay),
    reconnect: form(sessionRef, wa.reconnect, stay),
    read_limits: form(sessionRef, wa.readLimits, stay),
    keep: form(sessionRef, wa.keep, say("It stays linked.")),
    remove: form(sessionRef, wa.remove, {
      done: { to: "/link", toast: "Removed. Its campaigns and their results are kept." },
    }),
  });
}
