import type { Id } from "#db/ids.ts";
import { liftEndedRestrictions } from "#server/wa/limits.ts";
import { WA_CHANNEL } from "#server/wa/link.ts";
import { doCommands, expireCommands } from "./commands.ts";
import type { Sessions } from "./gateway.ts";
import { acquireLeases, type Lease, leastBusy, readShare, releaseAll, releaseLease, renewLeases } from "./lease.ts";
import { beginLife, type LifeDeps, type SessionLife } from "./session-life.ts";

export interface Supervisor {
  readonly sessions: Sessions;
  /** Milliseconds since the leases were last looked after with success, for readiness. */
  silentForMs(): number;
  /** Stops sending at once: every held session's signal aborts, and nothing new is taken. */
  abort(): void;
  /** Closes the sockets and gives the leases back, so that another worker can go on at once. */
  stop(): Promise<void>;
}

const TICK_MS = 1_000;
const SWEEP_MS = 60_000;
/** A session that comes back so soon was given to nobody: who has room for it cannot take it, because of its keys perhaps. */
const UNTAKEN_MS = 15_000;
/** Then nothing more is given for so long: each gift costs a connection. */
const KEEP_MS = 300_000;
/** How long a stopping process waits for sockets to close and for the last facts to be stored. */
const GOODBYE_MS = 1_200;

/** Takes sessions that nobody holds, keeps a socket open for each, and renews their leases. */
export async function startSupervisor(deps: LifeDeps & { workerId: Id<"worker"> }): Promise<Supervisor> {
  const { env, log, sql, workerId } = deps;
  const { leaseMs } = env;
  const third = leaseMs / 3;
  const lives = new Map<Id<"waSession">, SessionLife>();
  const stopping = new AbortController();
  let sweepAt = 0;
  let lastGood = performance.now();

  // The statement may take effect as early as it was sent: the lease is counted from then, and given up a third early.
  const untilFrom = (sentAt: number) => sentAt + leaseMs - third;

  function hold(lease: Lease, until: number): void {
    // Taken again under a newer lease: what it did under the one before is over.
    lives.get(lease.id)?.stop();
    const life = beginLife(deps, { sessionId: lease.id, userId: lease.userId, workerId, epoch: lease.epoch }, until);
    lives.set(lease.id, life);
    void life.done
      .then(() => (stopping.signal.aborted ? undefined : releaseLease(sql, workerId, lease)))
      // Not released, it runs out.
      .catch((err: unknown) => log.warn({ err, event: "lease.release" }, "a lease was not given back"))
      .finally(() => {
        if (lives.get(lease.id) === life) lives.delete(lease.id);
        looking.wake();
      });
  }

  const holds = (lease: Lease) => lives.get(lease.id)?.owner.epoch === lease.epoch;

  /** What a renewal answered for one lease; undefined: another worker holds it by now. */
  function renewed(lease: Lease, wanted: boolean | undefined, sentAt: number): void {
    const life = lives.get(lease.id);
    if (!life || !holds(lease)) return;
    if (wanted === undefined)
      log.warn({ event: "lease.lost", sessionId: lease.id }, "another worker holds the session");
    else life.prolong(untilFrom(sentAt));
    if (!wanted) life.stop();
  }

  const waiting = new Set<Id<"waSession">>();
  /** Renews one lease whose row was locked, beside the others; it is fenced by itself if that takes too long. */
  async function renewLocked(lease: Lease): Promise<void> {
    if (waiting.has(lease.id)) return;
    waiting.add(lease.id);
    const sentAt = performance.now();
    try {
      const kept = await renewLeases(sql, workerId, leaseMs, [lease], "wait");
      renewed(lease, kept.get(lease.id), sentAt);
    } catch (err) {
      log.warn({ err, event: "lease.renew", sessionId: lease.id }, "a lease was not renewed yet");
    } finally {
      waiting.delete(lease.id);
    }
  }

  async function renew(): Promise<void> {
    const sentAt = performance.now();
    const held = [...lives.values()].map(({ owner }) => ({ ...owner, id: owner.sessionId }));
    const kept = held.length === 0 ? new Map() : await renewLeases(sql, workerId, leaseMs, held, "skip");
    for (const lease of held) {
      if (kept.has(lease.id)) renewed(lease, kept.get(lease.id), sentAt);
      else void renewLocked(lease);
    }
    lastGood = performance.now();
  }

  async function acquire(): Promise<void> {
    const room = env.workerSessions - lives.size;
    const { mine, surplus } = await readShare(sql, workerId, env);
    const sentAt = performance.now();
    const gives = surplus > 0 && sentAt >= keepUntil;
    if (gives) await giveBack();
    if (room <= 0 || gives) return;
    const share = Math.min(room, Math.max(0, mine - lives.size));
    for (const lease of await acquireLeases(sql, workerId, env, { room, share })) {
      log.info({ event: "lease.acquired", sessionId: lease.id, epoch: lease.epoch }, "session acquired");
      const givenFor = sentAt - (givenAt.get(lease.id) ?? Number.NEGATIVE_INFINITY);
      // Within its share it gave one too many: that is no sign.
      if (lives.size >= mine && givenFor < UNTAKEN_MS) keepUntil = sentAt + KEEP_MS;
      hold(lease, untilFrom(sentAt));
      await sql`select book_pump(${lease.id})`;
    }
  }

  const givenAt = new Map<Id<"waSession">, number>();
  let keepUntil = 0;

  /** One at a time: the worker that came in takes it before the next is given. */
  async function giveBack(): Promise<void> {
    for (const id of await leastBusy(sql, workerId, 1)) {
      log.info({ event: "lease.given", sessionId: id }, "a session goes to a worker that holds fewer");
      givenAt.set(id, performance.now());
      lives.get(id)?.stop();
    }
  }

  async function sweep(): Promise<void> {
    for (const [id, at] of givenAt) if (performance.now() - at > UNTAKEN_MS) givenAt.delete(id);
    await expireCommands(deps);
    await liftEndedRestrictions(deps.db);
    // Rows whose data key was destroyed can never be opened again.
    await sql`delete from wa_session_keys where wa_session_id in (
      select s.id from wa_sessions s
       where s.wrapped_key is null and exists (select 1 from wa_session_keys k where k.wa_session_id = s.id))`;
    await sql`delete from wa_commands where id in (
      select id from wa_commands where expires_at < now() - interval '30 days' limit 1000)`;
    sweepAt = performance.now() + SWEEP_MS;
  }

  async function look(): Promise<void> {
    await acquire();
    await doCommands(deps, lives);
    if (performance.now() >= sweepAt) await sweep();
  }

  const naps = new Set<() => void>();

  /** Repeats a duty until the process stops: every `everyMs`, and at once when woken. Nothing but a stop ends it. */
  function repeat(everyMs: number, duty: () => Promise<void>): { wake(): void; over: Promise<void> } {
    let again = false;
    let endNap = () => {};
    const nap = () =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(() => endNap(), everyMs);
        endNap = () => {
          clearTimeout(timer);
          naps.delete(endNap);
          resolve();
        };
        naps.add(endNap);
      });
    const loop = async () => {
      while (!stopping.signal.aborted) {
        again = false;
        await duty().catch((err: unknown) => log.warn({ err, event: "supervisor.retry" }, "the sessions wait"));
        if (!again && !stopping.signal.aborted) await nap();
      }
    };
    const wake = () => {
      again = true;
      endNap();
    };
    return { wake, over: loop() };
  }

  const fences = setInterval(() => {
    for (const life of lives.values()) life.checkFence();
  }, leaseMs / 20);
  // A duty of its own, so that nothing slow in the others costs a lease.
  const renewing = repeat(third, renew);
  const looking = repeat(Math.min(TICK_MS, third), look);
  const wake = () => {
    // A session may have been removed: its status comes with the renewal.
    renewing.wake();
    looking.wake();
  };
  const listening = await sql.listen(WA_CHANNEL, wake, wake);

  const abort = () => {
    stopping.abort();
    for (const endNap of naps) endNap();
    for (const life of lives.values()) life.stop();
  };
  return {
    sessions: { held: (id) => lives.get(id)?.held() },
    silentForMs: () => performance.now() - lastGood,
    abort,
    stop: async () => {
      abort();
      await Promise.all([renewing.over, looking.over]);
      clearInterval(fences);
      await Promise.all([...lives.values()].map((life) => life.settled(GOODBYE_MS)));
      await releaseAll(sql, workerId).catch((err: unknown) => {
        log.warn({ err, event: "lease.release" }, "the leases were not given back and run out");
      });
      await listening.unlisten().catch(() => {});
    },
  };
}
