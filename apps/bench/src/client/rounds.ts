import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { median } from "../median.ts";
import { BAR_CASE, CASES } from "./cases.ts";
import type { Case, Target } from "./cases.ts";
import type { Contender } from "./contender.ts";
import type { Driven, Order } from "./driver.ts";

const DRIVER = join(import.meta.dirname, "driver.ts");
/** s for the case of the bars, and for each other: what V8 compiles, it compiles in the first. */
const WARM_UP = 3;
const SHORT_WARM_UP = 0.5;
/** Rows without a bar take so much of the time of one with a bar. */
const SHARE = 0.2;

/** An application that is called. */
export interface Peer {
  name: string;
  kind: "php" | "multiplexing";
  target: Target;
}

/** What one contender did in one round. */
export interface Round {
  requestsPerSecond: number;
  /** CPU time of the client's process, µs a request. */
  cpuPerRequest: number;
}

/** The rounds of one contender in one case, and their medians. */
export interface Measured extends Round {
  peer: string;
  contender: Contender;
  one: Case;
  /** One for each round; undefined where it did not answer. */
  rounds: readonly (Round | undefined)[];
  /** CPU time to the floor's, round by round. */
  cpuRatio: number;
  failures: number;
  /** Did it not come to an answer at all? */
  broken: boolean;
}

/** What is to be measured. */
export interface RoundsOptions {
  rounds: number;
  /** s a round, for the case of the bars; the others take a fifth. */
  seconds: number;
  /** Rows that are wanted, by `peer, client, case`; the floor comes with them. */
  only?: RegExp | undefined;
}

/** Measures all contenders on one peer in turns, so that whatever else the machine does falls on all of them alike. */
export async function measurePeer(
  project: string,
  peer: Peer,
  contenders: readonly Contender[],
  options: RoundsOptions,
): Promise<Measured[]> {
  const drivers = new Map(contenders.map((contender) => [contender, new Driver(project, contender, peer.target)]));
  const warm = new Set<Contender>();
  const measured: Measured[] = [];
  try {
    for (const one of CASES) {
      const able = contenders.filter((contender) => isAble(contender, peer, one));
      const wanted = able.filter(({ name }) => options.only?.test(`${peer.name}, ${name}, ${one.name}`) !== false);
      if (wanted.length === 0) continue;
      const rows = able.filter((contender) => contender === contenders[0] || wanted.includes(contender));
      const samples = await measureCase(one, rows, drivers, warm, options);
      for (const contender of rows)
        measured.push(summarize(peer.name, contender, one, samples.get(contender)!, samples.get(rows[0]!)!));
      process.stderr.write(`${peer.name}: ${one.name}\n`);
    }
  } finally {
    for (const driver of drivers.values()) await driver.stop();
  }
  return measured;
}

/** Several requests on one connection make sense where there are several. */
function isAble({ peers }: Contender, { kind }: Peer, { concurrency }: Case): boolean {
  if (peers === "all") return true;
  return peers === kind && (kind !== "multiplexing" || concurrency > 1);
}

async function measureCase(
  one: Case,
  rows: readonly Contender[],
  drivers: ReadonlyMap<Contender, Driver>,
  warm: Set<Contender>,
  { rounds, seconds }: RoundsOptions,
): Promise<Map<Contender, (Driven | undefined)[]>> {
  const index = CASES.indexOf(one);
  const samples = new Map<Contender, (Driven | undefined)[]>(rows.map((contender) => [contender, []]));
  const answering: Contender[] = [];
  for (const contender of rows) {
    const driven = await drivers.get(contender)!.run({ index, seconds: warm.has(contender) ? SHORT_WARM_UP : WARM_UP });
    warm.add(contender);
    if (driven !== undefined) answering.push(contender);
  }
  for (let round = 0; round < rounds; round++) {
    for (const contender of answering) {
      const driven = await drivers
        .get(contender)!
        .run({ index, seconds: one === BAR_CASE ? seconds : seconds * SHARE });
      samples.get(contender)!.push(driven);
    }
  }
  return samples;
}

function summarize(
  peer: string,
  contender: Contender,
  one: Case,
  seen: readonly (Driven | undefined)[],
  floors: readonly (Driven | undefined)[],
): Measured {
  const rounds = seen.map(roundOf);
  const good = rounds.filter((round) => round !== undefined);
  return {
    peer,
    contender,
    one,
    rounds,
    requestsPerSecond: median(good.map(({ requestsPerSecond }) => requestsPerSecond)),
    cpuPerRequest: median(good.map(({ cpuPerRequest }) => cpuPerRequest)),
    cpuRatio: ratioOf("cpuPerRequest", rounds, floors.map(roundOf)),
    failures: seen.reduce((sum, driven) => sum + (driven?.failures ?? 0), 0),
    broken: good.length === 0,
  };
}

function roundOf(driven: Driven | undefined): Round | undefined {
  if (driven === undefined || driven.requests === 0) return undefined;
  const { requests, seconds, cpu } = driven;
  return { requestsPerSecond: requests / seconds, cpuPerRequest: (cpu * 1_000) / requests };
}

/** The median of what each round says, since both were measured one right after the other; NaN without a common round. */
export function ratioOf(
  figure: keyof Round,
  own: readonly (Round | undefined)[],
  others: readonly (Round | undefined)[],
): number {
  const ratios = own.flatMap((round, index) => {
    const other = others[index];
    return round === undefined || other === undefined ? [] : [round[figure] / other[figure]];
  });
  return ratios.length === 0 ? NaN : median(ratios);
}

/** A contender's process. One that ends, or does not answer, is started anew for the next case. */
class Driver {
  readonly contender: Contender;
  readonly #arguments: string[];
  #child: ChildProcess | undefined;

  constructor(project: string, contender: Contender, target: Target) {
    this.contender = contender;
    this.#arguments = [project, contender.name, JSON.stringify(target)];
  }

  async run(order: Order): Promise<Driven | undefined> {
    const child = this.#child ?? (await this.#start());
    child.send(order);
    const silence = AbortSignal.timeout((order.seconds + 10) * 1_000);
    try {
      return await Promise.race([
        once(child, "message", { signal: silence }).then(([driven]) => driven as Driven),
        once(child, "exit", { signal: silence }).then(() => undefined),
      ]);
    } catch {
      return undefined;
    } finally {
      if (silence.aborted || child.exitCode !== null || child.signalCode !== null) await this.stop();
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async #start(): Promise<ChildProcess> {
    // The packages of npm warn of what Node will drop, once for each.
    const child = fork(DRIVER, this.#arguments, { execArgv: ["--no-deprecation"] });
    this.#child = child;
    await once(child, "message");
    return child;
  }
}
