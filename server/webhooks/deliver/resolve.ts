import { lookup, Resolver } from "node:dns/promises";

export interface Address {
  address: string;
  family: number;
}

/** Finds the addresses of a name. @param signal ends the look-up */
export type Resolve = (name: string, signal: AbortSignal) => Promise<Address[]>;

/** Of one question to one name server, and how often it is asked. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * Asks name servers for the addresses of a name, on sockets of their own (c-ares): `dns.lookup` would hold one of the few
 * threads that files and cryptography share for as long as the name server of a hostile name says nothing.
 * @param local names of this machine's own table too, such as "localhost": for receivers on it
 * @param servers in place of those of the machine, as "host:port"
 */
export function createResolve({ local, servers }: { local: boolean; servers?: readonly string[] }): Resolve {
  if (local) return (name) => lookup(name, { all: true, verbatim: true });
  return async (name, signal) => {
    // One for each look-up, for it can only be ended as a whole.
    const resolver = new Resolver(PATIENCE);
    if (servers) resolver.setServers(servers);
    const end = () => resolver.cancel();
    signal.addEventListener("abort", end, { once: true });
    try {
      const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      // Many names have addresses of one family alone.
      if (four.status === "rejected" && six.status === "rejected") throw four.reason;
      return [...found(four, 4), ...found(six, 6)];
    } finally {
      signal.removeEventListener("abort", end);
    }
  };
}

const found = (answer: PromiseSettledResult<string[]>, family: number): Address[] =>
  answer.status === "fulfilled" ? answer.value.map((address) => ({ address, family })) : [];
