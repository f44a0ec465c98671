import type { TLSSocket } from "node:tls";

import { Changes } from "./changes.ts";
import { connectTls } from "./tls-server.ts";

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const END_HEADERS = 4;

/** A frame that was received. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Of a frame, where nothing else was agreed upon. */
const LARGEST = 16_384;

type Field = readonly [name: string, value: string];

export const GET: readonly Field[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "localhost"],
  [":path", "/"],
];

export const POST: readonly Field[] = [[":method", "POST"], ...GET.slice(1)];

/** A request with some fields in place of others of the name, and more. */
export function asking(...fields: readonly Field[]): Field[] {
  const own = new Map(fields.filter(([name]) => name.startsWith(":")));
  const pseudo = GET.map(([name, value]): Field => [name, own.get(name) ?? value]);
  return [...pseudo, ...fields.filter(([name]) => !GET.some(([known]) => known === name))];
}

/** HTTP/2 as bytes: what is sent need not be what the protocol allows. */
export class H2Client {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  ended = false;
  #bytes = Buffer.alloc(0);
  readonly #changes = new Changes();

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.once("close", () => {
      this.ended = true;
      this.#changes.tell();
    });
  }

  /** @param settings pairs of identifier and value */
  static async connect(port: number, settings: readonly (readonly [number, number])[] = []): Promise<H2Client> {
    const client = new H2Client(await connectTls(port, { ALPNProtocols: ["h2"] }));
    const payload = Buffer.alloc(settings.length * 6);
    for (const [index, [id, value]] of settings.entries()) {
      payload.writeUInt16BE(id, index * 6);
      payload.writeUInt32BE(value, index * 6 + 2);
    }
    client.socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    client.send(SETTINGS, 0, 0, payload);
    return client;
  }

  send(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): this {
    if (!this.socket.destroyed) this.socket.write(frame(type, flags, stream, payload));
    return this;
  }

  headers(stream: number, fields: readonly Field[], flags: number = END_STREAM | END_HEADERS): this {
    const block = encode(fields);
    if (block.length <= LARGEST) return this.send(HEADERS, flags, stream, block);
    this.send(HEADERS, flags & ~END_HEADERS, stream, block.subarray(0, LARGEST));
    for (let at = LARGEST; at < block.length; at += LARGEST) {
      const last = at + LARGEST >= block.length;
      this.send(CONTINUATION, last ? END_HEADERS : 0, stream, block.subarray(at, at + LARGEST));
    }
    return this;
  }

  data(stream: number, text: string, flags = 0): this {
    return this.send(DATA, flags, stream, Buffer.from(text, "latin1"));
  }

  reset(stream: number, code = 8): this {
    return this.send(RST_STREAM, 0, stream, number(code));
  }

  /** Resolves with a frame of that type on that stream; rejects when the connection ends before. */
  async until(type: number, stream: number, isIt: (frame: Frame) => boolean = () => true): Promise<Frame> {
    const find = (): Frame | undefined =>
      this.frames.find((it) => it.type === type && it.stream === stream && isIt(it));
    await this.#changes.until(() => this.ended || find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error(`closed after ${JSON.stringify(this.frames.map((it) => it.type))}`);
    return found;
  }

  /** Resolves with the status of the response on a stream, or with the name of what came in its place. */
  async status(stream: number): Promise<number | string> {
    const isAnswer = ({ type, stream: of }: Frame): boolean =>
      (of === stream && (type === HEADERS || type === RST_STREAM)) || (type === GOAWAY && of === 0);
    await this.#changes.until(() => this.ended || this.frames.some(isAnswer));
    const found = this.frames.find(isAnswer);
    if (found?.type === HEADERS) return statusOf(found.payload);
    if (found === undefined) return "closed";
    return `${found.type === GOAWAY ? "GOAWAY" : "RST"} ${found.payload.readUInt32BE(found.type === GOAWAY ? 4 : 0)}`;
  }

  /** Latin-1 of the body on a stream that has come so far. */
  body(stream: number): string {
    const pieces = this.frames.filter((it) => it.type === DATA && it.stream === stream).map((it) => it.payload);
    return Buffer.concat(pieces).toString("latin1");
  }

  /** Resolves when the connection has ended. */
  closed(): Promise<void> {
    return this.#changes.until(() => this.ended);
  }

  #receive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 9) {
      const end = 9 + this.#bytes.readUIntBE(0, 3);
      if (this.#bytes.length < end) break;
      const [type, flags, stream] = [this.#bytes.readUInt8(3), this.#bytes.readUInt8(4), this.#bytes.readUInt32BE(5)];
      this.frames.push({ type, flags, stream, payload: this.#bytes.subarray(9, end) });
      this.#bytes = this.#bytes.subarray(end);
      if (type === SETTINGS && (flags & 1) === 0) this.send(SETTINGS, 1, 0);
    }
    this.#changes.tell();
  }
}

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** HPACK (RFC 7541 §6.2.2): literals that are not indexed, without Huffman. */
export function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

export function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** With a prefix of seven bits (RFC 7541 §5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let left = value - 127;
  for (; left >= 128; left >>>= 7) bytes.push((left & 127) | 128);
  return Buffer.from([...bytes, left]);
}

const INDEXED: Readonly<Record<number, number>> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };

/** The status stands first, by index, or as three digits in Huffman's code. */
function statusOf(block: Buffer): number {
  const at = (block[0] ?? 0) >>> 5 === 1 ? 1 : 0;
  const first = block[at] ?? 0;
  if (first >= 128) return INDEXED[first & 127] ?? 0;
  const length = (block[at + 1] ?? 0) & 127;
  const value = block.subarray(at + 2, at + 2 + length);
  if ((block[at + 1] ?? 0) < 128) return Number(value.toString("latin1"));
  let bits = [...value].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let digits = "";
  while (digits.length < 3) {
    const short = Number.parseInt(bits.slice(0, 5), 2);
    digits += short < 3 ? short : Number.parseInt(bits.slice(0, 6), 2) - 22;
    bits = bits.slice(short < 3 ? 5 : 6);
  }
  return Number(digits);
}
