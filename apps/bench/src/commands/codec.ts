import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { installPackages } from "consumer/installed";

import { barTable, failWhenMissed } from "../bar.ts";
import type { Bar } from "../bar.ts";
import { judge } from "../codec/bars.ts";
import { measureSuite } from "../codec/rounds.ts";
import type { Measured } from "../codec/rounds.ts";
import type { Doors } from "../codec/suite.ts";
import { suites } from "../codec/suites.ts";
import { machine, markdownTable, writeSection } from "../report.ts";
import { withPrograms } from "../with-programs.ts";

/** Samples of each candidate in one round. */
const SAMPLES = 5;

/** The codec beside those of npm and beside floors, and the bars that it has to meet. */
export async function benchCodec(options: { rounds: number; write: boolean }): Promise<void> {
  await withPrograms(async (folder) => {
    const project = installPackages(folder, ["protocol"]);
    const results = new Map<string, Measured[]>();
    for (const [title, suite] of Object.entries(suites)) {
      results.set(title, await measureSuite(project, title, suite, options.rounds * SAMPLES));
      process.stderr.write(`${title}\n`);
    }
    const file = createRequire(join(project, "package.json")).resolve("@x/protocol");
    const bars = judge(results, (await import(pathToFileURL(file).href)) as Doors["protocol"]);
    const text = report(results, bars, options.rounds * SAMPLES);
    console.log(text);
    if (options.write) writeSection("Codec", text);
    failWhenMissed(bars);
  });
}

function report(results: ReadonlyMap<string, readonly Measured[]>, bars: readonly Bar[], samples: number): string {
  const parts = [
    `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
    `Medians of ${samples} interleaved samples of at least 20 ms of CPU time; each candidate has a process of its own, and its ratio to the floor is taken sample by sample. Streams arrive in chunks of 64 KiB. Heap: what one operation allocates in V8's heap. fastcgi-parser's writer gives a view of its one buffer, which the next record overwrites.`,
    barTable(bars),
  ];
  for (const [title, measured] of results) {
    const unit = suites[title]?.unit ?? "";
    parts.push(
      markdownTable(
        [title, `ns a ${unit}`, "of the floor's speed", `heap bytes a ${unit}`],
        measured.map(({ name, nanoseconds, speed, heapBytes }) => [
          name,
          nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0),
          speed.toPrecision(2),
          Math.max(0, heapBytes).toFixed(1),
        ]),
        1,
      ),
    );
  }
  return parts.join("\n\n");
}
