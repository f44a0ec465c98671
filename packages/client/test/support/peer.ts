// A scripted FastCGI application on a real socket, built from @x/protocol alone. It reads every record that the
// client sends and answers only what the test tells it to.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { decodeNameValues, encodeRecord, RecordDecoder, RecordType } from "@x/protocol";
import type { Params, RecordHandler } from "@x/protocol";

export class PeerRequest {
  readonly id: number;
  readonly role: number;
  readonly keepConn: boolean;
  readonly connection: PeerConnection;
  params: Params = decodeNameValues(Buffer.alloc(0));
  stdinBytes = 0;
  aborted = false;
  readonly #stdin: Buffer[] = [];
  readonly #data: Buffer[] = [];

  constructor(id: number, role: number, keepConn: boolean, connection: PeerConnection) {
    this.id = id;
    this.role = role;
    this.keepConn = keepConn;
    this.connection = connection;
  }

  get stdin(): Buffer {
    return Buffer.concat(this.#stdin);
  }

  get data(): Buffer {
    return Buffer.concat(this.#data);
  }

  addStdin(content: Buffer): void {
    this.#stdin.push(content);
    this.stdinBytes += content.length;
  }

  addData(content: Buffer): void {
    this.#data.push(content);
  }
}

export interface PeerScript {
  tcp?: boolean;
  /** With `tcp`. */
  port?: number;
  path?: string;
  onConnection?(connection: PeerConnection): void;
  /** PARAMS is complete. */
  onBegin?(request: PeerRequest): void;
  /** A chunk of STDIN was read. */
  onStdin?(request: PeerRequest): void;
  /** STDIN is complete. */
  onRequest?(request: PeerRequest): unknown;
  /** DATA is complete. */
  onData?(request: PeerRequest): void;
  onAbort?(request: PeerRequest): void;
  onGetValues?(names: string[], connection: PeerConnection): void;
}

export class Peer implements AsyncDisposable {
  readonly connections: PeerConnection[] = [];
  readonly requests: PeerRequest[] = [];
  readonly #server: Server;
  readonly #folder: string | undefined;
  readonly #waiting: { count: number; of: () => number; resolve: () => void }[] = [];
  address = "";

  private constructor(script: PeerScript, folder: string | undefined) {
    this.#folder = folder;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = new PeerConnection(this, socket, script);
      this.connections.push(connection);
      script.onConnection?.(connection);
      this.changed();
    });
  }

  static async start(script: PeerScript = {}): Promise<Peer> {
    const folder = script.tcp || script.port || script.path ? undefined : mkdtempSync(join(tmpdir(), "x-client-"));
    const peer = new Peer(script, folder);
    const path = script.path ?? (folder === undefined ? undefined : join(folder, "peer.sock"));
    if (path === undefined) peer.#server.listen(script.port ?? 0, "127.0.0.1");
    else peer.#server.listen(path);
    await once(peer.#server, "listening");
    const bound = peer.#server.address();
    if (path?.startsWith("\0")) peer.address = `unix:@${path.slice(1)}`;
    else peer.address = typeof bound === "string" ? `unix:${bound}` : `tcp://127.0.0.1:${bound?.port}`;
    return peer;
  }

  /** Waits until `count` connections were accepted. */
  async accepted(count: number): Promise<void> {
    await this.#until(count, () => this.connections.length);
  }

  /** Waits until PARAMS of `count` requests were read. */
  async begun(count: number): Promise<void> {
    await this.#until(count, () => this.requests.length);
  }

  changed(): void {
    for (const waiter of this.#waiting.splice(0)) {
      if (waiter.of() >= waiter.count) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    if (this.#server.listening) {
      this.#server.close();
      await once(this.#server, "close");
    }
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #until(count: number, of: () => number): Promise<void> {
    if (of() >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, of, resolve }));
  }
}

export class PeerConnection {
  readonly socket: Socket;
  readonly requests: Map<number, PeerRequest> = new Map();
  /** Resolved when the client has closed its side. */
  readonly ended: Promise<void>;
  /** All bytes that came. */
  received: Buffer[] = [];
  readonly #peer: Peer;

  constructor(peer: Peer, socket: Socket, script: PeerScript) {
    this.#peer = peer;
    this.socket = socket;
    const decoder = new RecordDecoder(new Reader(this, script));
    socket.on("data", (chunk: Buffer) => {
      this.received.push(chunk);
      decoder.push(chunk);
    });
    socket.on("error", () => {});
    this.ended = new Promise((resolve) => {
      socket.on("end", () => resolve());
      socket.on("close", () => resolve());
    });
  }

  get receivedBytes(): number {
    return this.received.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  begin(request: PeerRequest): void {
    this.requests.set(request.id, request);
    this.#peer.requests.push(request);
    this.#peer.changed();
  }

  send(...pieces: (Uint8Array | string)[]): boolean {
    return this.socket.write(bytes(...pieces));
  }

  stdout(id: number, content: Uint8Array | string): boolean {
    return this.send(stdout(id, content));
  }

  /** A complete response and the end of the request, in one write. */
  reply(id: number, body: Uint8Array | string = "ok", head = "Content-Type: text/plain\r\n\r\n"): void {
    this.send(stdout(id, bytes(head, body)), end(id));
  }

  end(id: number, appStatus = 0, protocolStatus = 0): void {
    this.send(end(id, appStatus, protocolStatus));
  }
}

export function bytes(...pieces: (Uint8Array | string)[]): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece, "latin1") : piece)));
}

export function stdout(id: number, content: Uint8Array | string): Uint8Array {
  return encodeRecord({ type: RecordType.Stdout, requestId: id, content: bytes(content) });
}

export function stderr(id: number, content: Uint8Array | string): Uint8Array {
  return encodeRecord({ type: RecordType.Stderr, requestId: id, content: bytes(content) });
}

export function end(id: number, appStatus = 0, protocolStatus = 0): Uint8Array {
  return encodeRecord({ type: RecordType.EndRequest, requestId: id, appStatus, protocolStatus });
}

/** Any record, well-formed or not. */
export function raw(
  type: number,
  id: number,
  content: Uint8Array | string = "",
  { version = 1, length, padding = 0, reserved = 0, fill = 0 }: RawOptions = {},
): Buffer {
  const body = bytes(content);
  const size = length ?? body.length;
  const header = [version, type, id >>> 8, id & 0xff, size >>> 8, size & 0xff, padding, reserved];
  return Buffer.concat([Buffer.from(header), body, Buffer.alloc(padding, fill)]);
}

export interface RawOptions {
  version?: number;
  length?: number;
  padding?: number;
  reserved?: number;
  fill?: number;
}

class Reader implements RecordHandler {
  readonly #connection: PeerConnection;
  readonly #script: PeerScript;
  readonly #params = new Map<number, Buffer[]>();
  #length = 0;
  #content: Buffer[] = [];

  constructor(connection: PeerConnection, script: PeerScript) {
    this.#connection = connection;
    this.#script = script;
  }

  onRecord(_type: number, _id: number, length: number): void {
    this.#length = length;
    this.#content = [];
  }

  onContent(_type: number, _id: number, chunk: Uint8Array, start: number, end: number): void {
    this.#content.push(Buffer.from(chunk.subarray(start, end)));
  }

  onRecordEnd(type: number, id: number): void {
    const content = Buffer.concat(this.#content);
    const request = this.#connection.requests.get(id);
    switch (type) {
      case RecordType.BeginRequest: {
        const [role, keepConn] = [content.readUInt16BE(0), (content[2]! & 1) === 1];
        this.#params.set(id, []);
        this.#connection.requests.set(id, new PeerRequest(id, role, keepConn, this.#connection));
        return;
      }
      case RecordType.Params:
        if (this.#length > 0) {
          // What PHP does: each record is read by itself, so a pair that straddles two would be an error here.
          decodeNameValues(content);
          this.#params.get(id)?.push(content);
          return;
        }
        request!.params = decodeNameValues(Buffer.concat(this.#params.get(id) ?? []));
        this.#connection.begin(request!);
        this.#script.onBegin?.(request!);
        return;
      case RecordType.Stdin:
        request!.addStdin(content);
        if (this.#length > 0) this.#script.onStdin?.(request!);
        else void this.#script.onRequest?.(request!);
        return;
      case RecordType.Data:
        request!.addData(content);
        if (this.#length === 0) this.#script.onData?.(request!);
        return;
      case RecordType.AbortRequest:
        if (request === undefined) return;
        request.aborted = true;
        this.#script.onAbort?.(request);
        return;
      case RecordType.GetValues:
        this.#script.onGetValues?.([...decodeNameValues(content).keys()], this.#connection);
        return;
      default:
        throw new Error(`The client sent a record of type ${type}.`);
    }
  }
}
