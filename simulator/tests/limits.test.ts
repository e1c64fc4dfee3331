import { describe, expect, it } from "vitest";
import { until } from "./baileys.ts";
import { ACCOUNT, oneAccount } from "./one-account.ts";

const scene = oneAccount();
const HOUR = 3_600_000;
let nextStranger = 1;
/** Somebody nobody wrote to before. */
const stranger = () => {
  const phone = `+55319111${String(nextStranger++).padStart(5, "0")}`;
  return { phone, jid: `${phone.slice(1)}@s.whatsapp.net` };
};
const errorTo = async (jid: string) => (await scene.ackOf(await scene.send(undefined, jid))).error;
const lift = () => scene.simulator.setLimits(ACCOUNT, { reachout: null, newChats: null });

/** What the client is told from now on, in order. */
const told = () => {
  const locks: unknown[] = [];
  const caps: unknown[] = [];
  scene.client.sock.ev.on("connection.update", ({ reachoutTimeLock }) => {
    if (reachoutTimeLock) locks.push(reachoutTimeLock);
  });
  scene.client.sock.ev.on("message-capping.update", (info) => caps.push(info));
  return { locks, caps };
};

describe("the reach-out lock", () => {
  it("refuses messages to strangers with 463, and lets chats go on in which the other side wrote", async () => {
    const [known, unknown] = [stranger(), stranger()];
    await scene.simulator.write(known.phone, ACCOUNT, "halo");
    await scene.simulator.setLimits(ACCOUNT, { reachout: { forMs: HOUR } });
    expect(await errorTo(known.jid)).toBeUndefined();
    const id = await scene.send(undefined, unknown.jid);
    expect((await scene.ackOf(id)).error).toBe("463");
    await until("the error status", () => scene.client.seen.statuses.get(id)?.includes(0));
    expect(await scene.simulator.phoneChats(unknown.phone)).toEqual([]);
    await scene.simulator.write(unknown.phone, ACCOUNT, "siapa?");
    expect(await errorTo(unknown.jid)).toBeUndefined();
    await lift();
  });

  it("does not take back what was taken: the same id again is acked", async () => {
    const { jid } = stranger();
    const id = await scene.send(undefined, jid);
    await scene.ackOf(id);
    await scene.simulator.setLimits(ACCOUNT, { reachout: { forMs: HOUR } });
    await scene.send(id, jid);
    await until("the second ack", () => scene.acksOf(id).length === 2);
    expect(scene.acksOf(id).map(({ error }) => error)).toEqual([undefined, undefined]);
    await lift();
  });

  it("is told to the client, told on question, and ends by itself", async () => {
    const { locks } = told();
    const { reachout } = await scene.simulator.setLimits(ACCOUNT, {
      reachout: { forMs: HOUR, type: "WEB_COMPANION_ONLY" },
    });
    await until("the notice", () => locks.length === 1);
    const timeEnforcementEnds = new Date(Math.floor((reachout?.until ?? 0) / 1000) * 1000);
    const lock = { isActive: true, timeEnforcementEnds, enforcementType: "WEB_COMPANION_ONLY" };
    expect(locks[0]).toEqual(lock);
    expect(await scene.client.sock.fetchAccountReachoutTimelock()).toEqual(lock);
    await scene.simulator.advance(HOUR);
    await until("the end", () => locks.length === 3);
    expect(locks[2]).toEqual({ isActive: false, enforcementType: "DEFAULT" });
    expect(await scene.client.sock.fetchAccountReachoutTimelock()).toMatchObject({ isActive: false });
    expect((await scene.simulator.limits(ACCOUNT)).reachout).toBeNull();
    expect(await errorTo(stranger().jid)).toBeUndefined();
  });
});

describe("the cap on new chats", () => {
  it("counts each new chat once, warns, and refuses the one too many with 463", async () => {
    const { caps } = told();
    const [first, second] = [stranger(), stranger()];
    await scene.simulator.setLimits(ACCOUNT, { newChats: { total: 4, used: 2, cycleMs: HOUR } });
    await until("the notice", () => caps.length === 1);
    expect(caps[0]).toMatchObject({ total_quota: 4, used_quota: 2, capping_status: "NONE" });
    expect(await errorTo(first.jid)).toBeUndefined();
    expect(await errorTo(first.jid)).toBeUndefined();
    await until("the warning", () => caps.length === 2);
    expect(caps[1]).toMatchObject({ used_quota: 3, capping_status: "FIRST_WARNING" });
    expect(await errorTo(second.jid)).toBeUndefined();
    expect(await errorTo(stranger().jid)).toBe("463");
    expect(await errorTo(first.jid)).toBeUndefined();
    expect(await scene.client.sock.fetchNewChatMessageCap()).toMatchObject({
      total_quota: 4,
      used_quota: 4,
      capping_status: "CAPPED",
    });
    await scene.simulator.advance(HOUR);
    await until("the next cycle", () => caps.length === 4);
    expect(caps[3]).toMatchObject({ used_quota: 0, capping_status: "NONE" });
    expect(await errorTo(stranger().jid)).toBeUndefined();
    await lift();
    expect(await scene.client.sock.fetchNewChatMessageCap()).not.toHaveProperty("total_quota");
  });

  it("does not count a chat that the other side began, nor a message that was refused", async () => {
    const [known, refused] = [stranger(), stranger()];
    await scene.simulator.write(known.phone, ACCOUNT, "halo");
    await scene.simulator.setLimits(ACCOUNT, { newChats: { total: 10 } });
    await scene.simulator.setFaults(ACCOUNT, { nack: { code: 479, count: 1 } });
    expect(await errorTo(refused.jid)).toBe("479");
    expect(await errorTo(known.jid)).toBeUndefined();
    expect((await scene.simulator.limits(ACCOUNT)).newChats).toMatchObject({ used: 0 });
    expect(await errorTo(refused.jid)).toBeUndefined();
    expect((await scene.simulator.limits(ACCOUNT)).newChats).toMatchObject({ used: 1 });
    await lift();
  });
});
