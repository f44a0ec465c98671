// A scripted web server: sends what a test wants, records what comes back.
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";

import { RecordOutput, RecordType, Role, encodeRecord, records } from "@x/protocol";
import type { FastCGIRecord, ParamsInput } from "@x/protocol";
import { parseAddress } from "@x/protocol/address";

import { gate } from "./gate.ts";
import type { Gate } from "./gate.ts";

/** All that came for one request. */
export interface Answer {
  /** Up to and including the empty line. */
  head: string;
  body: string;
  stderr: string;
  appStatus: number;
  protocolStatus: number;
  /** The contents of the STDOUT records, in order, the empty ones among them. */
  stdout: Uint8Array[];
}

export interface RequestOptions {
  params?: ParamsInput;
  /** Undefined: STDIN is left open. */
  stdin?: string | Uint8Array | undefined;
  keepConn?: boolean;
  role?: number;
}

/** BEGIN_REQUEST, PARAMS, and STDIN: by default an empty one. */
export function request(id: number, options: RequestOptions = {}): Uint8Array {
  const { params = { REQUEST_METHOD: "GET" }, keepConn = true, role = Role.Responder } = options;
  const stdin = "stdin" in options ? options.stdin : "";
  const output = new RecordOutput(() => {});
  output.beginRequest(id, role, keepConn);
  output.params(id, params);
  if (stdin !== undefined) {
    output.stream(RecordType.Stdin, id, Buffer.from(stdin));
    output.endStream(RecordType.Stdin, id);
  }
  return Buffer.concat(output.take());
}

/** One STDIN record, or the empty one that ends the stream. */
export function stdin(id: number, content = ""): Uint8Array {
  return encodeRecord({ type: RecordType.Stdin, requestId: id, content: Buffer.from(content) });
}

/** A POST with this CONTENT_LENGTH. */
export function post(contentLength: number | undefined, more: Record<string, string> = {}): Record<string, string> {
  const params = { REQUEST_METHOD: "POST", REQUEST_URI: "/", ...more };
  return contentLength === undefined ? params : { ...params, CONTENT_LENGTH: String(contentLength) };
}

/** Any record, however wrong. */
export function rawRecord(
  type: number,
  id: number,
  content: Uint8Array | readonly number[] = [],
  { version = 1, padding = 0, reserved = 0 }: { version?: number; padding?: number; reserved?: number } = {},
): Uint8Array {
  const { length } = content;
  const head = [version, type, id >> 8, id & 0xff, length >> 8, length & 0xff, padding, reserved];
  return Buffer.concat([Uint8Array.from(head), Uint8Array.from(content), new Uint8Array(padding).fill(0xaa)]);
}

export class FrontEnd {
  readonly socket: Socket;
  /** Does it leave its side open when the application has closed its own, as web servers do not? */
  keepsOpen = false;
  /** All records, in order. */
  readonly received: FastCGIRecord[] = [];
  /** Resolves when the application has closed, or cut, the connection. */
  readonly ended: Promise<void>;
  #over = false;
  #wake: (() => void)[] = [];
  #reading: Gate | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    this.ended = this.#read();
  }

  static async connect(address: string): Promise<FrontEnd> {
    const target = parseAddress(address);
    if (target.kind === "fd") throw new Error("cannot connect to a descriptor");
    const socket =
      target.kind === "tcp"
        ? connect({ host: target.host, port: target.port, allowHalfOpen: true })
        : connect({ path: target.kind === "unix" ? target.path : `\0${target.name}`, allowHalfOpen: true });
    await once(socket, "connect");
    return new FrontEnd(socket);
  }

  /** Bytes received so far. */
  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  /** Sends all parts in one write. */
  send(...parts: Uint8Array[]): this {
    this.socket.write(Buffer.concat(parts));
    return this;
  }

  /** Sends a request and waits for all of its answer. */
  exchange(id: number, options: RequestOptions = {}): Promise<Answer> {
    return this.send(request(id, options)).answer(id);
  }

  /** Waits for END_REQUEST of this id, and takes its records out of `received`. */
  async answer(id: number): Promise<Answer> {
    await this.until(() =>
      this.received.some((record) => record.type === RecordType.EndRequest && record.requestId === id),
    );
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    for (let at = 0; at < this.received.length;) {
      const record = this.received[at]!;
      if (record.requestId !== id) {
        at++;
        continue;
      }
      this.received.splice(at, 1);
      if (record.type === RecordType.EndRequest && "appStatus" in record) {
        const text = Buffer.concat(stdout).toString("latin1");
        const end = text.indexOf("\r\n\r\n") + 4;
        const { appStatus, protocolStatus } = record;
        const log = Buffer.concat(stderr).toString("latin1");
        return { head: text.slice(0, end), body: text.slice(end), stderr: log, appStatus, protocolStatus, stdout };
      }
      if ("content" in record) (record.type === RecordType.Stderr ? stderr : stdout).push(record.content);
    }
    throw new Error("unreachable");
  }

  /** Waits until bytes on STDOUT of this id contain `text`. */
  async output(id: number, text: string): Promise<void> {
    await this.until(() => this.stdoutOf(id).includes(text));
  }

  stdoutOf(id: number): string {
    const contents = this.received.flatMap((record) =>
      record.type === RecordType.Stdout && record.requestId === id && "content" in record ? [record.content] : [],
    );
    return Buffer.concat(contents).toString("latin1");
  }

  /** A round trip: whatever was sent before it has been understood when it resolves. */
  async ping(): Promise<void> {
    const isResult = (record: FastCGIRecord): boolean => record.type === RecordType.GetValuesResult;
    this.send(encodeRecord({ type: RecordType.GetValues }));
    await this.until(() => this.received.some(isResult));
    this.received.splice(this.received.findIndex(isResult), 1);
  }

  /** Waits until `condition` holds; it can change when a record comes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#over) throw new Error("The application closed the connection.");
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Shuts down our side only. */
  halfClose(): void {
    this.socket.end();
  }

  /** Takes nothing more from the connection until `read()`. */
  stopReading(): void {
    this.#reading = gate();
  }

  read(): void {
    this.#reading?.open();
  }

  destroy(): void {
    this.socket.destroy();
    this.read();
  }

  async #read(): Promise<void> {
    try {
      for await (const record of records(this.#chunks())) {
        this.received.push(record);
        this.#notify();
      }
    } catch {
      // Cut inside a record or by a reset: over, all the same.
    }
    this.#over = true;
    this.#notify();
    if (!this.keepsOpen) this.socket.end();
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of this.socket.iterator({ destroyOnReturn: false })) {
      await this.#reading?.promise;
      yield chunk as Buffer;
    }
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
