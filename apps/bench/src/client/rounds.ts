import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { median } from "../median.ts";
import { CASES } from "./cases.ts";
import type { Case, Target } from "./cases.ts";
import type { Contender } from "./contender.ts";
import type { Driven, Order } from "./driver.ts";

const DRIVER = join(import.meta.dirname, "driver.ts");
/** s for the first case of each contender, and for each other: what V8 compiles, it compiles in these. */
const WARM_UP = 10;
const SHORT_WARM_UP = 1;

/** An application that is called. */
export interface Peer {
  name: string;
  kind: "php" | "multiplexing";
  target: Target;
}

/** The medians of one contender in one case. */
export interface Measured {
  peer: string;
  contender: Contender;
  one: Case;
  requestsPerSecond: number;
  /** CPU time of the client's process, µs a request. */
  cpuPerRequest: number;
  /** To the floor's, the median of what each round says. */
  cpuRatio: number;
  failures: number;
  /** Did it not come to an answer at all? */
  broken: boolean;
}

/** Measures all contenders on one peer in turns, so that whatever else the machine does falls on all of them alike. */
export async function measurePeer(
  project: string,
  peer: Peer,
  contenders: readonly Contender[],
  options: { rounds: number; seconds: number },
): Promise<Measured[]> {
  const able = contenders.filter(({ peers }) => peers === "all" || peers === peer.kind);
  const drivers = able.map((contender) => new Driver(project, contender, peer.target));
  const measured: Measured[] = [];
  try {
    for (const [index, one] of CASES.entries()) {
      const samples = new Map<Driver, Driven[]>();
      for (const driver of drivers) {
        await driver.run({ index, seconds: index === 0 ? WARM_UP : SHORT_WARM_UP });
        samples.set(driver, []);
      }
      for (let round = 0; round < options.rounds; round++) {
        for (const driver of drivers) {
          const driven = await driver.run({ index, seconds: options.seconds });
          if (driven !== undefined) samples.get(driver)!.push(driven);
        }
      }
      const floors = samples.get(drivers[0]!) ?? [];
      for (const driver of drivers)
        measured.push(summarize(peer.name, driver.contender, one, samples.get(driver)!, floors));
      process.stderr.write(`${peer.name}: ${one.name}\n`);
    }
  } finally {
    for (const driver of drivers) await driver.stop();
  }
  return measured;
}

function summarize(
  peer: string,
  contender: Contender,
  one: Case,
  seen: readonly Driven[],
  floors: readonly Driven[],
): Measured {
  const cost = ({ cpu, requests }: Driven): number => (cpu * 1_000) / requests;
  const good = seen.filter(({ requests }) => requests > 0);
  const ratios = seen.flatMap((driven, round) => {
    const base = floors[round];
    return driven.requests > 0 && base !== undefined && base.requests > 0 ? [cost(driven) / cost(base)] : [];
  });
  return {
    peer,
    contender,
    one,
    requestsPerSecond: median(good.map(({ requests, seconds }) => requests / seconds)),
    cpuPerRequest: median(good.map(cost)),
    cpuRatio: median(ratios),
    failures: seen.reduce((sum, { failures }) => sum + failures, 0),
    broken: good.length === 0,
  };
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
