import { channels } from "../diagnostics.ts";
import type { GatewayRequest, GatewayResponse } from "../gateway-request.ts";
import { PassedOnResponse } from "../http/passed-on-response.ts";
import type { RefusedRequest } from "../http/refused-request.ts";
import type { ServedRequest } from "../http/served-request.ts";

/** One request that is over, published on `fastcgi:proxy:access`. */
export interface AccessRecord {
  /** As its client sent it. */
  readonly request: LoggedRequest;
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

/**
 * What is told of a request. One that could not be understood (400, 408, 414, 431, 505) has an empty `method` and `httpVersion`, no headers, and
 * as `target` its request line as far as that came, at most 2 KiB.
 */
export type LoggedRequest = Pick<
  GatewayRequest,
  "method" | "target" | "rawHeaders" | "scheme" | "httpVersion" | "remote"
>;

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
export class LoggedResponse extends PassedOnResponse {
  served: ServedRequest | undefined;
  readonly #request: GatewayRequest;
  readonly #began = performance.now();
  #status = CLIENT_GONE;
  #bytes = 0;
  #published = false;

  constructor(request: GatewayRequest, next: GatewayResponse) {
    super(next);
    this.#request = request;
  }

  override start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    this.#status = statusCode;
    super.start(statusCode, rawHeaders, statusText);
  }

  override write(chunk: Uint8Array, release?: () => void): boolean {
    this.#bytes += chunk.length;
    return super.write(chunk, release);
  }

  override end(): void {
    super.end();
    this.publish(true);
  }

  override withdraw(): boolean {
    if (!super.withdraw()) return false;
    this.#status = CLIENT_GONE;
    this.#bytes = 0;
    return true;
  }

  override abort(): void {
    super.abort();
    this.publish(false);
  }

  /** The front itself answered, since the rest of the request cannot be understood or did not come in time. */
  refused({ status, bytes }: RefusedRequest): void {
    if (status !== undefined) {
      this.#status = status;
      this.#bytes = bytes;
    }
    this.publish(status !== undefined);
  }

  /** @param complete false: it broke off, or the client went away */
  publish(complete: boolean): void {
    if (this.#published) return;
    this.#published = true;
    const { served } = this;
    channels.access.publish({
      request: this.#request,
      served: served && new ServedRecord(served),
      status: this.#status,
      bytes: this.#bytes,
      complete,
      duration: performance.now() - this.#began,
    });
  }
}

/** What a record says of a request. Its id is made for those who ask for it: that costs more than all of the others. */
class ServedRecord implements ServedAs {
  readonly client: string | undefined;
  readonly scheme: "http" | "https";
  readonly host: string | undefined;
  readonly user: string | undefined;
  readonly upstream: string | undefined;
  readonly #served: ServedRequest;

  constructor(served: ServedRequest) {
    this.#served = served;
    this.client = served.remote.address;
    this.scheme = served.scheme;
    this.host = served.host?.name;
    this.user = served.remoteUser;
    this.upstream = served.upstream;
  }

  get id(): string {
    return this.#served.id;
  }
}
