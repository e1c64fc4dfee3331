import WebSocket from "ws";
import { z } from "zod";
import { readEnv } from "#server/env.ts";
import { createLog } from "#server/log.ts";
import { startWorker } from "#worker/start-worker.ts";

/**
 * A worker that kills itself, as by kill -9, at a step of the third message: `claim`, once it is taken; `encode`, once it is
 * kept; `write`, once its frame is on the wire and before Baileys stores the keys of the next; `keycommit`, once those are
 * stored; `ack`, when WhatsApp's acceptance is heard and before it is in the database. The product itself has no such step:
 * what it logs there is what is listened to here.
 */
const steps = {
  claim: "send.claimed",
  encode: "send.begins",
  write: "send.begins",
  keycommit: "keys.stored",
  ack: "fact.heard",
};
const crashAt = z.enum(["claim", "encode", "write", "keycommit", "ack"]).parse(process.env.CRASH_AT);
const AFTER = 3;

let seen = 0;
let armed = false;
const die = () => process.kill(process.pid, "SIGKILL");

// oxlint-disable-next-line typescript/unbound-method -- always called with the socket it belongs to
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (this: WebSocket, data: Parameters<typeof send>[0], ...rest: unknown[]) {
  if (armed) return send.call(this, data, {}, die);
  return Reflect.apply(send, this, [data, ...rest]);
};

const env = readEnv({ ...process.env, LOG_LEVEL: "debug" });
const log = createLog("worker", env, {
  write(line: string) {
    if (line.includes(`"event":"${steps[crashAt]}"`) && (crashAt !== "ack" || line.includes('"type":"ack"'))) {
      seen += 1;
      if (seen === AFTER && crashAt !== "write") die();
      armed = seen === AFTER;
    }
    process.stdout.write(line);
  },
});
await startWorker({ env, log });
