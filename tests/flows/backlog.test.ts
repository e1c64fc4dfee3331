import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newPhone } from "../factories.ts";
import { type OneWay, openOneWay } from "../one-way.ts";
import { simulatorUrl } from "../simulator.ts";
import { createStage, type LinkedPhone, type Stage, until } from "../stage.ts";

let way: OneWay;
let stage: Stage;
let linked: LinkedPhone;
beforeAll(async () => {
  way = await openOneWay(await simulatorUrl());
  stage = await createStage({ env: { SIMULATOR_URL: way.url } });
  linked = await stage.linkPhone(await stage.signUp());
});
afterAll(async () => {
  await stage?.stop();
  way?.close();
});

test("a STOP that was kept, but whose receipt WhatsApp never got, comes again and holds up nothing", async () => {
  const person = newPhone();
  // Whoever writes for the first time is asked about.
  await stage.simulator.write(person, linked.phone, "Hello");
  await until("the greeting to be heard", async () => {
    const rows = await stage.db.execute(sql`select 1 from inbound_messages`);
    return rows.length > 0;
  });
  way.mute();
  await stage.simulator.write(person, linked.phone, "STOP");
  const heard = () => stage.db.execute(sql`select 1 from suppressions where identity = ${`pn:${person}`}`);
  await until("the STOP to be heard", async () => (await heard()).length > 0);
  await stage.workers[0]?.stop();

  await stage.startWorker();
  await until("the phone to be ready to send", () => stage.isReady(linked.sessionId));
  expect(await heard()).toHaveLength(1);
});
