import { Socket } from "node:net";

import { paramsOf, placeOf } from "./cases.ts";
import type { Contender } from "./contender.ts";

const END_REQUEST = 3;
const STDOUT = 6;

/**
 * The least that a client can do: writes a request that was built before, and walks record headers until END_REQUEST. As many
 * connections as requests at once (or as the application has processes), kept where that starves nobody.
 */
export const floor: Contender = {
  name: "floor",
  peers: "all",
  ours: false,
  npm: false,
  prepare: ({ protocol }, target, one) => {
    const { capacity } = target;
    const { path } = placeOf(one, target);
    // A kept connection holds a process, so it may only have as many as there are.
    const connections = Math.min(one.concurrency, capacity ?? Infinity);
    const { RecordOutput, RecordType } = protocol;
    const output = new RecordOutput(() => {});
    output.beginRequest(1, 1, true);
    output.params(1, paramsOf(one, target));
    if (one.post > 0) output.stream(RecordType.Stdin, 1, Buffer.alloc(one.post, 120));
    output.endStream(RecordType.Stdin, 1);
    const request = Buffer.concat(output.take());
    const idle: Line[] = [];
    const waiting: ((bytes: number) => void)[] = [];
    const all: Line[] = [];
    // It does not tell head from body: that all of both came is what it can say.
    const counted = (ended: (bytes: number) => void) => (stdout: number) => ended(stdout >= one.bytes ? one.bytes : -1);
    const free = (line: Line): void => {
      const next = waiting.shift();
      if (next === undefined) idle.push(line);
      else line.run(request, next);
    };
    for (let count = 0; count < connections; count++) all.push(new Line(path, free));
    idle.push(...all);
    return {
      send: (told) => {
        const ended = counted(told);
        const line = idle.pop();
        if (line === undefined) waiting.push(ended);
        else line.run(request, ended);
      },
      close: () => all.forEach((line) => line.close()),
    };
  },
};

/** One connection, one request at a time. */
class Line {
  readonly #path: string;
  readonly #free: (line: Line) => void;
  readonly #buffer = Buffer.allocUnsafeSlow(65_536);
  #socket: Socket | undefined;
  #ended: ((bytes: number) => void) | undefined;
  #head = Buffer.alloc(8);
  #headBytes = 0;
  #left = 0;
  #padding = 0;
  #stdout = 0;

  constructor(path: string, free: (line: Line) => void) {
    this.#path = path;
    this.#free = free;
  }

  run(request: Buffer, ended: (bytes: number) => void): void {
    this.#ended = ended;
    this.#stdout = this.#headBytes = this.#left = this.#padding = 0;
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  close(): void {
    this.#ended = undefined;
    this.#socket?.destroy();
  }

  #open(): Socket {
    const onread = { buffer: this.#buffer, callback: (length: number) => (this.#read(length), true) };
    const socket = new Socket({ onread });
    socket.connect(this.#path);
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#socket = undefined;
      this.#end(-1);
    });
    return socket;
  }

  #end(bytes: number): void {
    const ended = this.#ended;
    if (ended === undefined) return;
    this.#ended = undefined;
    ended(bytes);
    this.#free(this);
  }

  #read(length: number): void {
    const buffer = this.#buffer;
    let at = 0;
    while (at < length) {
      const skipped = Math.min(length - at, this.#left + this.#padding);
      if (skipped > 0) {
        const content = Math.min(skipped, this.#left);
        this.#left -= content;
        this.#padding -= skipped - content;
        at += skipped;
        if (this.#left + this.#padding > 0) return;
        if (this.#head[1] === END_REQUEST) return this.#end(this.#stdout);
        continue;
      }
      this.#head[this.#headBytes++] = buffer[at++]!;
      if (this.#headBytes < 8) continue;
      this.#headBytes = 0;
      this.#left = this.#head.readUInt16BE(4);
      this.#padding = this.#head[6]!;
      if (this.#head[1] === STDOUT) this.#stdout += this.#left;
    }
  }
}
