import { copyFileSync } from "node:fs";
import { join } from "node:path";

import { installPackages } from "consumer/installed";
import { buildGo, startGo } from "interop/peers/go";
import { startPhpFpm } from "interop/peers/php-fpm";
import { startResponder } from "interop/peers/responder";
import { copySite } from "interop/temporary";

import { judge } from "../client/bars.ts";
import type { Bar } from "../client/bars.ts";
import { CONTENDERS } from "../client/contenders.ts";
import { measureMemory } from "../client/memory.ts";
import type { Memory } from "../client/memory.ts";
import { measurePeer } from "../client/rounds.ts";
import type { Measured, Peer, RoundsOptions } from "../client/rounds.ts";
import { machine, markdownTable, writeSection } from "../report.ts";
import { withPrograms } from "../with-programs.ts";

/** `pm.max_children`, and the capacity that our pool is told. */
const CHILDREN = 8;

/** The most requests at once of any row: our responder refuses more than 64 on a connection unless it is told. */
const MOST_AT_ONCE = 256;

/** A script that answers 1 KiB, and does nothing else. */
const KILOBYTE = join(import.meta.dirname, "../../fixtures/kilobyte.php");

/** @x/client beside the clients of npm and beside a floor, and the bars that it has to meet. */
export async function benchClient(options: RoundsOptions & { write: boolean }): Promise<void> {
  await withPrograms(async (folder, keep) => {
    const project = installPackages(folder, ["protocol", "client"]);
    const script = join(copySite(folder), "application.php");
    const lean = join(folder, "site/kilobyte.php");
    copyFileSync(KILOBYTE, lean);
    const socket = (name: string): string => join(folder, `${name}.sock`);
    const go = buildGo(folder);
    await keep(startGo(go, socket("go")));
    await keep(startGo(go, socket("go-lean"), { bench: true }));
    await keep(startResponder(socket("responder"), MOST_AT_ONCE));
    await keep(startPhpFpm(folder, "php", { children: CHILDREN, bare: true }));
    const peers: Peer[] = [
      {
        name: "Go",
        kind: "multiplexing",
        target: { path: socket("go"), lean: { path: socket("go-lean"), script }, script, capacity: undefined },
      },
      {
        name: "@x/responder",
        kind: "multiplexing",
        target: { path: socket("responder"), script, capacity: undefined },
      },
      {
        name: "PHP-FPM",
        kind: "php",
        target: { path: socket("php"), script, lean: { path: socket("php"), script: lean }, capacity: CHILDREN },
      },
    ];
    const results: Measured[] = [];
    for (const peer of peers) results.push(...(await measurePeer(project, peer, CONTENDERS, options)));
    const memory = await measureMemory(project, folder, socket("go"), options.only);
    const bars = judge(results).filter(({ measured }) => options.only === undefined || measured !== "NaN");
    const text = report(peers, results, bars, memory, options);
    console.log(text);
    if (options.write) writeSection("Client", text);
    if ([...bars, ...memory].some(({ holds }) => !holds)) process.exitCode = 1;
  });
}

function report(
  peers: readonly Peer[],
  results: readonly Measured[],
  bars: readonly Bar[],
  memory: readonly Memory[],
  { rounds, seconds }: { rounds: number; seconds: number },
): string {
  const verdict = (holds: boolean): string => (holds ? "met" : "missed");
  const parts = [
    `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
    `Medians of ${rounds} interleaved rounds of ${seconds} s, for rows without a bar of ${seconds / 5} s; each client has a process of its own, warmed up, and calls the application over a UNIX socket. CPU is that of the client's process, by the kernel's accounting; ratios are taken round by round. The others send another REMOTE_PORT each time; the floor writes a request that was built before on kept connections, and walks the records of the answer to END_REQUEST. PHP-FPM has ${CHILDREN} static children, and our pool is told so; npm's clients do not queue, and open a connection a request. So that callers are compared and not the distribution's extensions, each of which begins and ends with every request, it runs for all of them without php.ini (\`php-fpm -n\`) and with OPcache alone, which looks at no file twice; what answers 1 KiB does nothing else, in PHP as in Go.`,
    markdownTable(
      ["bar: 1 KiB, 32 at once", "wanted", "measured", "verdict"],
      bars.map(({ what, wanted, measured, holds }) => [what, wanted, measured, verdict(holds)]),
      1,
    ),
  ];
  for (const { name } of peers) {
    const rows = results.filter(({ peer }) => peer === name);
    if (rows.length === 0) continue;
    parts.push(
      markdownTable(
        [name, "client", "requests/s", "CPU µs/request", "of the floor's", "failures"],
        rows.map((row) => [
          row.one.name,
          row.contender.name,
          ...(row.broken
            ? ["no answer", "", "", String(row.failures)]
            : [
                row.requestsPerSecond.toFixed(0),
                row.cpuPerRequest.toFixed(1),
                row.cpuRatio.toFixed(2),
                String(row.failures),
              ]),
        ]),
        2,
      ),
    );
  }
  if (memory.length === 0) return parts.join("\n\n");
  parts.push(
    "Memory is the process's resident set at its highest. Chunks that one reads are one's own, and wait for V8 to collect them, as those of any socket do; to a file, or a socket, that a body is piped into they are lent; the uploads run with a young generation of 1 MiB, so that their pieces do not.",
  );
  parts.push(
    markdownTable(
      ["memory", "idle MiB", "more MiB", "allowed", "verdict"],
      memory.map(({ what, idle, more, allowed, holds }) => [
        what,
        idle === 0 ? "" : idle.toFixed(0),
        `+${more.toFixed(1)}`,
        allowed,
        allowed === "" ? "" : verdict(holds),
      ]),
      1,
    ),
  );
  return parts.join("\n\n");
}
