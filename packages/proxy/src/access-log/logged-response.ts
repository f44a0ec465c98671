import { channels } from "../diagnostics.ts";
import type { GatewayRequest, GatewayResponse } from "../gateway-request.ts";
import type { ServedRequest } from "../http/served-request.ts";

/** One request that is over, published on `fastcgi:proxy:access`. */
export interface AccessRecord {
  /** As its client sent it. */
  readonly request: GatewayRequest;
  /** What the gateway made of it; undefined: its head could not be read. */
  readonly served: ServedAs | undefined;
  /** As it went out; 499 when the client went away before. */
  readonly status: number;
  /** Of the body, as it went out. */
  readonly bytes: number;
  /** The response is whole. */
  readonly complete: boolean;
  /** Milliseconds from the request's head until the response was given to the front. */
  readonly duration: number;
}

/** What is known of a request whose head was read. */
export interface ServedAs {
  /** The same as on its error page, and beside what its application writes to stderr. */
  readonly id: string;
  /** The client's address, as far as proxies in between are believed; undefined: a UNIX socket. */
  readonly client: string | undefined;
  /** As the client sees it. */
  readonly scheme: "http" | "https";
  /** Lower case, without port; undefined: the client named none. */
  readonly host: string | undefined;
  /** Whose password was right; latin-1. */
  readonly user: string | undefined;
  /** The upstream that answered. */
  readonly upstream: string | undefined;
}

/** What nginx logs when a client did not wait. */
const CLIENT_GONE = 499;

/** Counts what goes out, between the gateway and the front, while somebody listens. */
export class LoggedResponse implements GatewayResponse {
  served: ServedRequest | undefined;
  readonly #request: GatewayRequest;
  readonly #next: GatewayResponse;
  readonly #began = performance.now();
  #status = CLIENT_GONE;
  #bytes = 0;
  #published = false;

  constructor(request: GatewayRequest, next: GatewayResponse) {
    this.#request = request;
    this.#next = next;
  }

  get unsent(): number {
    return this.#next.unsent;
  }

  get onDrain(): (() => void) | undefined {
    return this.#next.onDrain;
  }

  set onDrain(onDrain: (() => void) | undefined) {
    this.#next.onDrain = onDrain;
  }

  get stallTimeout(): number {
    return this.#next.stallTimeout;
  }

  set stallTimeout(time: number) {
    this.#next.stallTimeout = time;
  }

  informational(statusCode: number, rawHeaders: readonly string[]): void {
    this.#next.informational(statusCode, rawHeaders);
  }

  start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    this.#status = statusCode;
    this.#next.start(statusCode, rawHeaders, statusText);
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    this.#bytes += chunk.length;
    return this.#next.write(chunk, release);
  }

  end(): void {
    this.#next.end();
    this.publish(true);
  }

  withdraw(): boolean {
    if (!this.#next.withdraw()) return false;
    this.#status = CLIENT_GONE;
    this.#bytes = 0;
    return true;
  }

  abort(): void {
    this.#next.abort();
    this.publish(false);
  }

  /** @param complete false: it broke off, or the client went away */
  publish(complete: boolean): void {
    if (this.#published) return;
    this.#published = true;
    const { served } = this;
    channels.access.publish({
      request: this.#request,
      served: served && {
        id: served.id,
        client: served.remote.address,
        scheme: served.scheme,
        host: served.host?.name,
        user: served.remoteUser,
        upstream: served.upstream,
      },
      status: this.#status,
      bytes: this.#bytes,
      complete,
      duration: performance.now() - this.#began,
    });
  }
}
