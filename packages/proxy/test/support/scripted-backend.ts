import { once } from "node:events";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { join } from "node:path";

import { RecordOutput, RecordType, Role } from "@x/protocol";
import { type ResponderExchange, type ResponderExchangeHandler, ResponderSession } from "@x/protocol/session";
import { onTestFinished } from "vitest";

import { Changes } from "./changes.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** What a backend does with a request when its params are there. */
export type Script = (request: BackendRequest) => void | Promise<void>;

/** One request as a scripted backend got it, and the means to answer it, well or badly. */
export class BackendRequest implements ResponderExchangeHandler {
  readonly params: Record<string, string>;
  readonly socket: Socket;
  /** Latin-1 of what came on STDIN so far. */
  stdin = "";
  stdinEnded = false;
  /** Latin-1 of what came on DATA so far. */
  data = "";
  dataEnded = false;
  readonly #exchange: ResponderExchange;
  readonly #output: RecordOutput;
  readonly #changes = new Changes();
  #aborted = false;

  constructor(exchange: ResponderExchange, socket: Socket, output: RecordOutput) {
    this.params = exchange.params.toObject();
    this.#exchange = exchange;
    this.socket = socket;
    this.#output = output;
  }

  get role(): Role {
    return this.#exchange.role;
  }

  get keepConn(): boolean {
    return this.#exchange.keepConn;
  }

  write(text: string): this {
    this.#exchange.writeStdout(Buffer.from(text, "latin1"));
    return this;
  }

  stderr(text: string): this {
    this.#exchange.writeStderr(Buffer.from(text));
    return this;
  }

  end(text = "", appStatus = 0): void {
    if (text !== "") this.write(text);
    this.#exchange.end(appStatus);
  }

  /** Sends STDOUT to its end, and no END_REQUEST. */
  endStdoutOnly(): void {
    this.#output.endStream(RecordType.Stdout, this.#exchange.id);
  }

  /** Sends what was written, then dies. */
  kill(): void {
    setImmediate(() => this.socket.destroy());
  }

  /** Resolves with the whole of STDIN. */
  async body(): Promise<string> {
    await this.#changes.until(() => this.stdinEnded);
    return this.stdin;
  }

  /** Resolves with the whole of DATA, which a filter gets after STDIN. */
  async file(): Promise<string> {
    await this.#changes.until(() => this.dataEnded);
    return this.data;
  }

  /** Resolves when the request was aborted, or its connection closed. */
  async aborted(): Promise<void> {
    await this.#changes.until(() => this.#aborted);
  }

  /** Resolves when so many bytes of STDIN have come. */
  async received(bytes: number): Promise<void> {
    await this.#changes.until(() => this.stdin.length >= bytes);
  }

  onStdin(chunk: Uint8Array, start: number, end: number): void {
    this.stdin += Buffer.from(chunk.subarray(start, end)).toString("latin1");
    this.#changes.tell();
  }

  onStdinEnd(): void {
    this.stdinEnded = true;
    this.#changes.tell();
  }

  onData(chunk: Uint8Array, start: number, end: number): void {
    this.data += Buffer.from(chunk.subarray(start, end)).toString("latin1");
    this.#changes.tell();
  }

  onDataEnd(): void {
    this.dataEnded = true;
    this.#changes.tell();
  }

  onAbort(): void {
    this.#aborted = true;
    this.#changes.tell();
  }
}

/** A FastCGI application made of `@x/protocol` alone, which does what a test says. */
export class ScriptedBackend {
  readonly address: string;
  readonly requests: BackendRequest[] = [];
  /** Connections ever accepted. */
  connections = 0;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();
  readonly #script: Script;
  readonly #multiplex: number;
  #server: Server | undefined;
  readonly #changes = new Changes();

  constructor(script: Script, multiplex: number) {
    this.#script = script;
    this.#multiplex = multiplex;
    this.#path = join(temporaryFolder(), "app.sock");
    this.address = `unix:${this.#path}`;
  }

  static async listen(script: Script, multiplex = 1): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend(script, multiplex);
    await backend.start();
    onTestFinished(() => backend.stop());
    return backend;
  }

  async start(): Promise<void> {
    // For everybody: the worker of a program that root started is another user.
    const everybody = { path: this.#path, readableAll: true, writableAll: true };
    this.#server = createServer((socket) => this.#accept(socket)).listen(everybody);
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Resolves with the request of that number, from 0, when it has come. */
  request(index: number): Promise<BackendRequest> {
    return this.#changes.find(() => this.requests[index]);
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    const output = new RecordOutput(() => queueMicrotask(() => flush()));
    const flush = (): void => {
      for (const piece of output.take()) socket.write(piece);
    };
    const session = new ResponderSession(output, {
      multiplex: this.#multiplex,
      roles: [Role.Responder, Role.Authorizer, Role.Filter],
      onRequest: (exchange) => {
        const request = new BackendRequest(exchange, socket, output);
        // In the next turn: an exchange is complete only when its handler was returned.
        setImmediate(() => {
          this.requests.push(request);
          this.#changes.tell();
          void Promise.resolve(this.#script(request)).catch((error: unknown) => {
            throw error;
          });
        });
        return request;
      },
      onFatal: () => socket.destroy(),
      onClose: () => queueMicrotask(() => socket.end()),
    });
    socket.on("data", (chunk: Uint8Array) => session.receive(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      session.receiveEnd();
    });
  }
}
