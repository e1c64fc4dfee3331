import type { Context } from "../service/context.ts";
import type { MessageNames } from "../service/names.ts";
import type { Journal } from "../world/journal.ts";
import type { Random } from "../world/random.ts";
import type { FaultName, FaultSettings } from "./schema.ts";

/** How often a fault strikes, whatever else it says. */
type Often = number | { count: number } | { probability: number; seed?: number | undefined };

/** The faults of one account, as they stand. The seed decides which things a probability hits: each by its own name. */
export class Faults {
  #settings: FaultSettings = {};
  #none = true;
  readonly #phone: string;
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #names: MessageNames;

  constructor(phone: string, { random, journal, names }: Pick<Context, "random" | "journal" | "names">) {
    this.#phone = phone;
    this.#random = random;
    this.#journal = journal;
    this.#names = names;
  }

  /** The faults in force, counts as far as they have run. */
  get inForce(): FaultSettings {
    return structuredClone(this.#settings);
  }

  get none(): boolean {
    return this.#none;
  }

  /** Sets the named faults and leaves the others. */
  set(settings: FaultSettings): void {
    this.#keep({ ...this.#settings, ...settings });
  }

  clear(): void {
    this.#keep({});
  }

  /**
   * Whether a fault strikes now, with its parameters. `about` names what it would strike, such as a message's id and the
   * number of the copy. A message is drawn for by its name, which is the same in every run of one seed.
   */
  strikes<N extends FaultName>(name: N, ...about: string[]): NonNullable<FaultSettings[N]> | undefined {
    const setting = this.#settings[name];
    if (setting === undefined || !this.#due(name, setting, about)) return undefined;
    this.#record(name, about);
    return setting;
  }

  /** Whether the connection freezes now that another message is dealt with. */
  freezes(id: string): boolean {
    const { freezeAfter } = this.#settings;
    if (freezeAfter === undefined) return false;
    this.#put("freezeAfter", freezeAfter > 1 ? freezeAfter - 1 : undefined);
    if (freezeAfter === 1) this.#record("freezeAfter", [id]);
    return freezeAfter === 1;
  }

  /** Milliseconds the answer to a question is late; 0 when the server is not slow. */
  queryDelay(question: string): number {
    const ms = this.#settings.slow?.queryMs ?? 0;
    if (ms) this.#record("slow", [question]);
    return ms;
  }

  #due(name: FaultName, often: Often, about: string[]): boolean {
    if (typeof often === "number") this.#put(name, often > 1 ? often - 1 : undefined);
    else if ("count" in often) this.#put(name, often.count > 1 ? { ...often, count: often.count - 1 } : undefined);
    else {
      const { probability, seed } = often;
      return this.#random.share("fault", name, this.#phone, ...this.#names.in(about), String(seed ?? "")) < probability;
    }
    return true;
  }

  #put(name: keyof FaultSettings, left: object | number | undefined): void {
    const { [name]: _, ...others } = this.#settings;
    this.#keep(left === undefined ? others : { ...others, [name]: left });
  }

  #keep(settings: FaultSettings): void {
    this.#settings = settings;
    this.#none = Object.keys(settings).length === 0;
  }

  #record(name: keyof FaultSettings, about: string[]): void {
    this.#journal.record("fault", `${name} struck ${about.join(" ") || "once"}.`, { phone: this.#phone });
  }
}
