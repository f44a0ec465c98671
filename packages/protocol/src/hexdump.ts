import { FastCGIError } from "./errors.ts";
import { readHexdumpLine, SQUEEZED } from "./hexdump-line.ts";
import type { HexdumpLine } from "./hexdump-line.ts";
import { joinBytes } from "./join-bytes.ts";
import { checkLimit } from "./limit.ts";
import { readTcpSegment } from "./tcp-segment.ts";
import type { TcpSegment } from "./tcp-segment.ts";

/** One stream of bytes in a hexdump. */
export interface HexdumpStream {
  /** `127.0.0.1:40312 > 127.0.0.1:9000` where the dump shows packets; `undefined` for bytes alone. */
  readonly flow: string | undefined;
  /** All of them, joined. */
  readonly bytes: Uint8Array;
}

/** Limit of {@link readHexdump}. */
export interface ReadHexdumpOptions {
  /** Bytes of all streams together: three lines can claim any number of repetitions. @default 16777216 */
  maxBytes?: number;
}

/**
 * Reads the bytes out of a hexdump, as `xxd`, `xxd -p`, `hexdump -C`, `od -A x -t x1`, Wireshark and `tcpdump -x` or `-X` write
 * it. Other lines, such as the ones of tcpdump between its packets, are skipped.
 *
 * Each dump that begins anew at offset 0 is a stream of its own. TCP packets are joined to one stream for each direction
 * of a connection, without their headers and without what was sent twice.
 *
 * @example
 * for (const { flow, bytes } of readHexdump(text)) {
 *   for await (const record of records([bytes])) console.log(flow, describeRecord(record));
 * }
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`, with the number of the line, for a dump with lines missing, for plain
 * `hexdump`, which swaps bytes, and over the limit
 */
export function readHexdump(text: string, options: ReadHexdumpOptions = {}): HexdumpStream[] {
  const reader = new HexdumpReader(checkLimit("maxBytes", options.maxBytes ?? 16_777_216));
  for (const line of text.split(/\r?\n/)) reader.push(line);
  return joinPackets(reader.end());
}

/** Consecutive lines that make up one dump. */
interface Block {
  readonly start: number;
  readonly hasOffsets: boolean;
  packet: boolean;
  bytes: Uint8Array;
  size: number;
  /** Bytes of the last line. */
  lastLength: number;
  squeezed: boolean;
}

class HexdumpReader {
  readonly #maxBytes: number;
  readonly #blocks: Block[] = [];
  #bytes = 0;
  #line = 0;
  /** Has the line before belonged to the last block? */
  #open = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(text: string): void {
    this.#line++;
    const block = this.#blocks.at(-1);
    if (text.trim() === SQUEEZED && this.#open && block?.hasOffsets === true) {
      block.squeezed = true;
      return;
    }
    const line = readHexdumpLine(text, this.#open && block?.hasOffsets === true);
    if (line === "swapped") throw this.#fault("is plain hexdump, which swaps bytes: use hexdump -C");
    this.#open = line !== undefined;
    if (line !== undefined) this.#append(this.#blockFor(line, block), line);
  }

  end(): readonly Block[] {
    return this.#blocks;
  }

  #blockFor(line: HexdumpLine, last: Block | undefined): Block {
    const { offset } = line;
    if (last !== undefined && last.hasOffsets === (offset !== undefined)) {
      if (offset === undefined || offset === last.start + last.size) return last;
      if (last.squeezed && offset > last.start + last.size) return this.#repeat(last, offset);
      if (offset !== 0) {
        throw this.#fault(`is at offset ${offset}, and the lines before it end at ${last.start + last.size}`);
      }
    }
    const hasOffsets = offset !== undefined;
    const start = offset ?? 0;
    const block: Block = {
      start,
      hasOffsets,
      packet: line.packet,
      bytes: new Uint8Array(64),
      size: 0,
      lastLength: 0,
      squeezed: false,
    };
    this.#blocks.push(block);
    return block;
  }

  #append(block: Block, { digits }: HexdumpLine): void {
    const length = digits.length / 2;
    this.#grow(block, length);
    for (let index = 0; index < length; index++) {
      block.bytes[block.size + index] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16);
    }
    block.size += length;
    block.lastLength = length;
    block.squeezed = false;
  }

  /** The line before, again and again up to `offset`. */
  #repeat(block: Block, offset: number): Block {
    const length = offset - block.start - block.size;
    if (block.lastLength === 0 || length % block.lastLength !== 0) {
      throw this.#fault(`is at offset ${offset}, which no number of repeated lines reaches`);
    }
    this.#grow(block, length);
    const line = block.bytes.slice(block.size - block.lastLength, block.size);
    for (let done = 0; done < length; done += line.length) block.bytes.set(line, block.size + done);
    block.size += length;
    return block;
  }

  #grow(block: Block, more: number): void {
    this.#bytes += more;
    if (this.#bytes > this.#maxBytes) throw this.#fault(`exceeds the ${this.#maxBytes} bytes that are read`);
    if (block.size + more <= block.bytes.length) return;
    const grown = new Uint8Array(Math.max(block.size + more, block.size * 2));
    grown.set(block.bytes.subarray(0, block.size));
    block.bytes = grown;
  }

  #fault(what: string): FastCGIError {
    return invalid(`Line ${this.#line} of the hexdump ${what}.`);
  }
}

/** Bytes on their way from one end of a connection to the other. */
interface Flow {
  readonly flow: string | undefined;
  readonly pieces: Uint8Array[];
  /** The sequence number that comes next. */
  next: number;
}

/** Streams in the order in which they begin. */
function joinPackets(blocks: readonly Block[]): HexdumpStream[] {
  const streams: Flow[] = [];
  const flows = new Map<string, Flow>();
  for (const block of blocks) {
    const bytes = block.bytes.slice(0, block.size);
    if (bytes.length === 0) continue;
    const segment = block.packet ? readTcpSegment(bytes) : undefined;
    if (segment === undefined) {
      streams.push({ flow: undefined, pieces: [bytes], next: 0 });
      continue;
    }
    const { flow, sequence } = segment;
    let stream = flows.get(flow);
    if (stream === undefined) {
      stream = { flow, pieces: [], next: sequence };
      flows.set(flow, stream);
      streams.push(stream);
    } else if (segment.begins) stream.next = sequence;
    addSegment(stream, segment);
  }
  const sent = streams.filter(({ pieces }) => pieces.length > 0);
  return sent.map(({ flow, pieces }) => ({ flow, bytes: pieces.length === 1 ? pieces[0]! : joinBytes(pieces) }));
}

/** Adds what is new of a segment: some are sent twice. */
function addSegment(stream: Flow, { flow, sequence, payload }: TcpSegment): void {
  const ahead = (sequence - stream.next) | 0;
  if (payload.length + ahead <= 0 || payload.length === 0) return;
  if (ahead > 0) {
    throw invalid(`The hexdump lacks ${ahead} bytes of ${flow}: packets were lost, or stand in another order.`);
  }
  stream.pieces.push(payload.subarray(-ahead));
  stream.next = (sequence + payload.length) >>> 0;
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
}
