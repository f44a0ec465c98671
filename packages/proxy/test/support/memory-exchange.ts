import type { Endpoint, GatewayBodySink, GatewayRequest, GatewayResponse } from "../../src/gateway-request.ts";
import type { Gateway } from "../../src/gateway.ts";
import { Changes } from "./changes.ts";

/** What a test says of a request; the rest is an ordinary GET from this machine. */
export interface Asked {
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly host?: string;
  readonly version?: string;
  /** Pieces of the body, latin-1; an Error breaks it off. */
  readonly body?: readonly (string | Error)[];
  /** Given by hand, through {@link MemoryExchange}. */
  readonly manual?: boolean;
  readonly remote?: Endpoint;
  readonly local?: Endpoint;
  readonly scheme?: "http" | "https";
}

const LOOPBACK: Endpoint = { address: "127.0.0.1", port: 40_000 };
const SERVER: Endpoint = { address: "127.0.0.1", port: 8080 };

/** A request and its response without any socket: the whole of a front, in memory. */
export class MemoryExchange implements GatewayRequest, GatewayResponse {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly scheme: "http" | "https";
  readonly httpVersion: string;
  readonly remote: Endpoint;
  readonly local: Endpoint;
  onAbort: ((reason?: Error) => void) | undefined;
  onDrain: (() => void) | undefined;
  /** Does the connection take what is written? Until it does, chunks are not given back, and nothing more should be written. */
  takes = true;
  stallTimeout = 0;
  status = 0;
  statusText: string | undefined;
  headers: string[] = [];
  readonly hints: [number, readonly string[]][] = [];
  text = "";
  /** How it ended. */
  outcome: "open" | "complete" | "aborted" = "open";
  sink: GatewayBodySink | undefined;
  bodyPaused = false;
  readonly #pieces: readonly (string | Error)[];
  readonly #manual: boolean;
  #unsent = 0;
  readonly #untaken: (() => void)[] = [];
  readonly #changes = new Changes();

  constructor(target: string, asked: Asked = {}) {
    this.method = asked.method ?? "GET";
    this.target = target;
    this.#pieces = asked.body ?? [];
    this.#manual = asked.manual ?? false;
    this.rawHeaders = ["Host", asked.host ?? "localhost", ...(asked.headers ?? [])];
    this.scheme = asked.scheme ?? "http";
    this.httpVersion = asked.version ?? "1.1";
    this.remote = asked.remote ?? LOOPBACK;
    this.local = asked.local ?? SERVER;
  }

  readonly body: GatewayRequest["body"] = {
    start: (sink: GatewayBodySink): void => {
      this.sink = sink;
      this.#changes.tell();
      if (!this.#manual) setImmediate(() => this.#feed(sink));
    },
    pause: (): void => {
      this.bodyPaused = true;
      this.#changes.tell();
    },
    resume: (): void => {
      this.bodyPaused = false;
    },
  };

  /** Values of a response header. */
  header(name: string): string[] {
    return this.headers.filter((_value, at) => at % 2 === 1 && this.headers[at - 1]?.toLowerCase() === name);
  }

  get unsent(): number {
    return this.#unsent;
  }

  informational(statusCode: number, rawHeaders: readonly string[]): void {
    this.hints.push([statusCode, rawHeaders]);
  }

  start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    if (this.status !== 0) throw new Error("a second head");
    this.status = statusCode;
    this.headers = [...rawHeaders];
    this.statusText = statusText;
    this.#changes.tell();
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    if (this.status === 0 || this.outcome !== "open") throw new Error("a body without head, or after the end");
    this.text += Buffer.from(chunk).toString("latin1");
    if (this.takes) {
      // Late, as a socket would.
      if (release !== undefined) setImmediate(release);
    } else {
      this.#unsent += chunk.length;
      if (release !== undefined) this.#untaken.push(release);
    }
    this.#changes.tell();
    return this.takes;
  }

  /** The connection takes what it has, and everything from now on. */
  drain(): void {
    this.takes = true;
    this.#unsent = 0;
    for (const release of this.#untaken.splice(0)) release();
    this.onDrain?.();
  }

  end(): void {
    if (this.status === 0 || this.outcome !== "open") throw new Error("an end without head, or after the end");
    this.outcome = "complete";
    this.#changes.tell();
  }

  /** Everything has left at once. */
  withdraw(): boolean {
    return this.status === 0;
  }

  abort(): void {
    this.outcome = "aborted";
    this.#changes.tell();
  }

  /** Resolves when the response is complete or aborted. */
  async over(): Promise<this> {
    await this.until(() => this.outcome !== "open");
    return this;
  }

  until(isTrue: () => boolean): Promise<void> {
    return this.#changes.until(isTrue);
  }

  #feed(sink: GatewayBodySink): void {
    for (const piece of this.#pieces) {
      if (piece instanceof Error) {
        sink.error(piece);
        return;
      }
      sink.write(Buffer.from(piece, "latin1"));
    }
    sink.end();
  }
}

/** Asks a gateway and waits for the end of the answer. */
export function ask(gateway: Gateway, target: string, asked?: Asked): Promise<MemoryExchange> {
  const exchange = new MemoryExchange(target, asked);
  gateway.dispatch(exchange, exchange);
  return exchange.over();
}
