// One thing that takes memory, in a process of its own. It says "ready", waits for a word, does it, and says what came of it.
// Arguments: the project that the packages are installed in, what to do, the socket.
import { once } from "node:events";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { paramsOf } from "./cases.ts";
import type { Case } from "./cases.ts";
import type { Doors } from "./contender.ts";

/** Bytes of the large bodies. */
const LARGE = 2 ** 30;
/** Requests that wait. */
const QUEUED = 10_000;
const PIECE = 65_536;

const [project = "", what = "", path = ""] = process.argv.slice(2);
const { resolve } = createRequire(join(project, "package.json"));
const door = async (specifier: string): Promise<unknown> => import(pathToFileURL(resolve(specifier)).href);
const { client, protocol } = { client: await door("@x/client"), protocol: await door("@x/protocol") } as Doors;
const address = `unix:${path}`;

const WORK: Readonly<Record<string, () => Promise<number>>> = {
  async download() {
    const { body } = await client.request(address, { params: params(`mode=bytes&size=${LARGE}`, 0) });
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return bytes;
  },
  async upload() {
    const { body, statusCode } = await client.request(address, {
      params: params("mode=bytes&size=2", LARGE),
      stdin: pieces(),
    });
    await body.bytes();
    return statusCode === 200 ? LARGE : -1;
  },
  /** The same upload by a bare socket: what Node itself takes. */
  async pump() {
    const socket = connect(path);
    socket.resume();
    const output = new protocol.RecordOutput(() => {});
    output.beginRequest(1, 1, false);
    output.params(1, params("mode=bytes&size=2", LARGE));
    for (const piece of output.take()) socket.write(piece);
    for await (const piece of pieces()) {
      output.stream(protocol.RecordType.Stdin, 1, piece);
      let free = true;
      for (const part of output.take()) free = socket.write(part);
      if (!free) await once(socket, "drain");
    }
    output.endStream(protocol.RecordType.Stdin, 1);
    for (const piece of output.take()) socket.write(piece);
    await once(socket, "close");
    return LARGE;
  },
  /** Bytes of heap and of external memory that waiting requests take. */
  async queue() {
    const pool = new client.Pool(address, { capacity: 1, queue: QUEUED, queueTimeout: 0, headersTimeout: 0 });
    const one = params("mode=bytes&size=2", 0);
    // Compiles, and fills what is filled once.
    for (let count = 0; count < 100; count++) void pool.request({ params: one }).catch(() => {});
    const before = await held();
    for (let count = 100; count <= QUEUED; count++) void pool.request({ params: one }).catch(() => {});
    const bytes = (await held()) - before;
    await pool.destroy();
    return bytes;
  },
};

const work = WORK[what];
if (work === undefined) throw new Error(`There is no ${what}.`);
process.on("message", () => void work().then((result) => process.send?.(result)));
process.on("disconnect", () => process.exit());
process.send?.("ready");

function params(query: string, post: number): Record<string, string> {
  const one: Case = { name: "", query, post, bytes: 0, concurrency: 1 };
  return paramsOf(one, { path, script: "/srv/application.php", capacity: undefined });
}

async function* pieces(): AsyncGenerator<Buffer, void, void> {
  for (let sent = 0; sent < LARGE; sent += PIECE) yield Buffer.alloc(PIECE, 120);
}

async function held(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
