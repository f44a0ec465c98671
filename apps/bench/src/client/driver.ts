// One contender in a process of its own: it calls an application for as long as it is told, and says what that cost.
// Arguments: the project that the packages are installed in, the contender's name, the target as JSON.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { CASES } from "./cases.ts";
import type { Case, Target } from "./cases.ts";
import type { Doors } from "./contender.ts";
import { CONTENDERS } from "./contenders.ts";

/** What the parent asks for. */
export interface Order {
  /** Index of the case. */
  index: number;
  seconds: number;
}

/** What came of it. */
export interface Driven {
  requests: number;
  failures: number;
  seconds: number;
  /** CPU time of this process in ms, all threads. */
  cpu: number;
}

const [project = "", name = "", target = "{}"] = process.argv.slice(2);
const to = JSON.parse(target) as Target;
const contender = CONTENDERS.find((one) => one.name === name);
if (contender === undefined) throw new Error(`There is no contender ${name}.`);
const { resolve } = createRequire(join(project, "package.json"));
const door = async (specifier: string): Promise<unknown> => import(pathToFileURL(resolve(specifier)).href);
const doors = { client: await door("@x/client"), protocol: await door("@x/protocol") } as Doors;

process.on("message", ({ index, seconds }: Order) => {
  void drive(CASES[index]!, seconds).then((driven) => process.send?.(driven));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function drive(one: Case, seconds: number): Promise<Driven> {
  const { send, close } = contender!.prepare(doors, to, one);
  const driven: Driven = { requests: 0, failures: 0, seconds: 0, cpu: 0 };
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const until = began + seconds * 1_000;
  await new Promise<void>((ended) => {
    let running = one.concurrency;
    const next = (): void => {
      send((bytes) => {
        if (bytes === one.bytes) driven.requests++;
        else driven.failures++;
        if (performance.now() < until) next();
        else if (--running === 0) ended();
      });
    };
    for (let count = 0; count < one.concurrency; count++) next();
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  driven.seconds = (performance.now() - began) / 1_000;
  driven.cpu = (user + system) / 1_000;
  await close();
  return driven;
}
