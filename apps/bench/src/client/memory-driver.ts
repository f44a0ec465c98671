// One thing that takes memory, in a process of its own. It says "ready", waits for a word, does it, and says what came of it.
// Arguments: the project that the packages are installed in, what to do, the socket.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";

import { paramsOf } from "./cases.ts";
import type { Case } from "./cases.ts";
import type { Doors } from "./contender.ts";
import { LARGE } from "./memory.ts";

/** Requests that wait. */
const QUEUED = 10_000;
const PIECE = 65_536;

const [project = "", what = "", path = ""] = process.argv.slice(2);
const { resolve } = createRequire(join(project, "package.json"));
const door = async (specifier: string): Promise<unknown> => import(pathToFileURL(resolve(specifier)).href);
const { client, protocol } = { client: await door("@x/client"), protocol: await door("@x/protocol") } as Doors;
const address = `unix:${path}`;

const WORK: Readonly<Record<string, () => Promise<number>>> = {
  /** By `dispatch`: the chunks lie in read buffers that are used again and again. */
  async download() {
    const pool = new client.Pool(address);
    const bytes = await new Promise<number>((resolve, reject) => {
      let count = 0;
      const handler = client.responseHandler({
        onResponseStart: () => {},
        onResponseData: (_, chunk) => (count += chunk.length),
        onResponseEnd: () => resolve(count),
        onResponseError: (_, error) => reject(error),
      });
      pool.dispatch({ params: params(`mode=bytes&size=${LARGE}`, 0) }, handler);
    });
    await pool.destroy();
    return bytes;
  },
  /** By `request()`: each chunk is the reader's own, and garbage when he is done with it. */
  async stream() {
    const { body } = await client.request(address, { params: params(`mode=bytes&size=${LARGE}`, 0) });
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return bytes;
  },
  /** The same into a file that takes everything at once. */
  async pipe() {
    const { body } = await client.request(address, { params: params(`mode=bytes&size=${LARGE}`, 0) });
    const file = createWriteStream("/dev/null");
    await pipeline(body, file);
    return file.bytesWritten;
  },
  /** The same by a bare socket, records and all: what Node itself takes. */
  async socket() {
    const socket = connect(path);
    const output = new protocol.RecordOutput(() => {});
    output.beginRequest(1, 1, false);
    output.params(1, params(`mode=bytes&size=${LARGE}`, 0));
    output.endStream(protocol.RecordType.Stdin, 1);
    for (const piece of output.take()) socket.write(piece);
    let bytes = 0;
    for await (const chunk of socket) bytes += (chunk as Buffer).length;
    return bytes > LARGE ? LARGE : bytes;
  },
  async upload() {
    const { body } = await client.request(address, { params: params("mode=count", LARGE), stdin: pieces() });
    return Number(await body.text());
  },
  /** The same upload by a bare socket: what Node itself takes. */
  async pump() {
    const socket = connect(path);
    socket.resume();
    const output = new protocol.RecordOutput(() => {});
    output.beginRequest(1, 1, false);
    output.params(1, params("mode=count", LARGE));
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
