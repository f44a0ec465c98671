// One candidate in a process of its own, so that what V8 learns from one does not slow or speed another.
// Arguments: the project that the packages are installed in, the title of the suite, the name of the candidate.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Doors, Work } from "./suite.ts";
import { suites } from "./suites.ts";

/** What the parent asks for, one after the other. */
export type Question = "ready" | "time" | "memory";

/** ms of CPU time that one sample takes at least. */
const SAMPLE_MS = 20;
const WARM_UP_MS = 300;
/** So many that what the reading itself allocates, some KiB, is less than a hundredth of a byte for each. */
const MEMORY_OPERATIONS = 500_000;
/** Slow candidates make do with as many runs as so many samples have. */
const MEMORY_SAMPLES = 4;

const [project = "", title = "", name = ""] = process.argv.slice(2);
const work = await setUp();
let runs = 0;

process.on("message", (question: Question) => void answer(question).then((value) => process.send?.(value)));
process.on("disconnect", () => process.exit());

async function setUp(): Promise<Work> {
  const { resolve } = createRequire(join(project, "package.json"));
  const door = async (name: string): Promise<unknown> => import(pathToFileURL(resolve(name)).href);
  const doors = { protocol: await door("@x/protocol"), cgi: await door("@x/protocol/cgi") } as Doors;
  const candidate = suites[title]?.candidates[name];
  if (candidate === undefined) throw new Error(`There is no candidate ${name} in ${title}.`);
  return candidate(doors);
}

async function answer(question: Question): Promise<number> {
  switch (question) {
    case "ready":
      return warmUp();
    case "time":
      return ((await cpuTime(runs)) * 1e6) / (runs * work.operations);
    case "memory":
      return allocated();
  }
}

/** Runs until V8 has settled, and finds out how many runs make a sample. */
async function warmUp(): Promise<number> {
  let spent = 0;
  for (runs = 1; ;) {
    const ms = await cpuTime(runs);
    spent += ms;
    if (ms < SAMPLE_MS) runs *= 2;
    else if (spent > WARM_UP_MS) return runs;
  }
}

/** CPU time in ms of all threads of the process, the garbage collector's among them. */
async function cpuTime(times: number): Promise<number> {
  const before = process.cpuUsage();
  await repeat(times);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function repeat(times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    const result = work.run();
    const done = typeof result === "number" ? result : await result;
    if (done !== work.operations) throw new Error(`${name}: ${done} operations instead of ${work.operations}`);
  }
}

/**
 * Bytes of heap that one operation allocates. The parent has given this process a young generation so large
 * that no collection comes between the two readings.
 */
async function allocated(): Promise<number> {
  const times = Math.ceil(Math.min(MEMORY_OPERATIONS / work.operations, runs * MEMORY_SAMPLES));
  await repeat(times);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  await repeat(times);
  return (process.memoryUsage().heapUsed - before) / (times * work.operations);
}
