import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

import { FCGI_VERSION_1, readHexdump } from "@x/protocol";
import { isFastCGIError } from "@x/protocol/errors";

import { UsageError } from "./usage-error.ts";

/** The bytes of one direction of a connection. */
export interface CapturedStream {
  /** What each line of it begins with: "" for the only one. */
  flow: string;
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Characters of hexdumps that are read, which must be in memory. */
const MOST_TEXT = 64 * 2 ** 20;

/** Opens a capture: bytes as they went over the wire, or a hexdump. @throws UsageError when it is neither */
export async function openCapture(file: string): Promise<CapturedStream[]> {
  const source = await open(file);
  const chunks = source[Symbol.asyncIterator]();
  const first = await next(chunks, file);
  if (first === undefined) throw new UsageError(`${nameOf(file)} is empty.`);
  if (isPcap(first)) {
    throw new UsageError(
      `${nameOf(file)} is a pcap file; this reads its hexdump: tcpdump -x -r ${file === "-" ? "FILE" : file} | x-client dump -`,
    );
  }
  if (first[0] === FCGI_VERSION_1) return [{ flow: "", chunks: rest(first, chunks, file) }];
  return readText(first, chunks, file);
}

async function open(file: string): Promise<AsyncIterable<Buffer>> {
  if (file === "-") return process.stdin;
  try {
    if ((await stat(file)).isDirectory()) throw new Error("it is a folder");
    return createReadStream(file) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function readText(first: Buffer, chunks: AsyncIterator<Buffer>, file: string): Promise<CapturedStream[]> {
  const pieces = [first];
  let size = first.length;
  for (let chunk = await next(chunks, file); chunk !== undefined; chunk = await next(chunks, file)) {
    pieces.push(chunk);
    size += chunk.length;
    if (size > MOST_TEXT)
      throw new UsageError(`${nameOf(file)} is too large for a hexdump; give the bytes themselves.`);
  }
  try {
    const streams = readHexdump(Buffer.concat(pieces).toString("latin1"));
    if (streams.length > 0) {
      return streams.map(({ flow, bytes }, index) => {
        return { flow: streams.length === 1 ? "" : `${flow ?? `stream ${index + 1}`}  `, chunks: [bytes] };
      });
    }
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    throw new UsageError(error.message);
  }
  throw new UsageError(
    `${nameOf(file)} holds neither FastCGI records (their first byte is 1) nor a hexdump of xxd, hexdump -C or tcpdump -x.`,
  );
}

async function* rest(first: Buffer, chunks: AsyncIterator<Buffer>, file: string): AsyncGenerator<Buffer, void, void> {
  yield first;
  for (let chunk = await next(chunks, file); chunk !== undefined; chunk = await next(chunks, file)) yield chunk;
}

async function next(chunks: AsyncIterator<Buffer>, file: string): Promise<Buffer | undefined> {
  try {
    const result = await chunks.next();
    return result.done === true ? undefined : result.value;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** pcap in both byte orders and both resolutions, and pcapng. */
function isPcap(bytes: Buffer): boolean {
  const magic = bytes.subarray(0, 4).toString("hex");
  return ["d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d", "0a0d0d0a"].includes(magic);
}

function nameOf(file: string): string {
  return file === "-" ? "Standard input" : file;
}

function unreadable(file: string, error: unknown): UsageError {
  return new UsageError(`${nameOf(file)} cannot be read: ${(error as Error).message}.`);
}
