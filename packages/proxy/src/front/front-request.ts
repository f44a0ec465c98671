import type { Encryption, Endpoint, GatewayBody, GatewayBodySink, GatewayRequest } from "../gateway-request.ts";
import type { Accepted } from "./accepted.ts";

/** A request on an accepted connection, which knows who is at both ends. It is its own body. */
export abstract class FrontRequest implements GatewayRequest, GatewayBody {
  abstract readonly method: string;
  abstract readonly target: string;
  abstract readonly rawHeaders: readonly string[];
  abstract readonly httpVersion: string;
  /** Has all of it come? */
  abstract readonly complete: boolean;
  onAbort: ((reason?: Error) => void) | undefined;
  readonly #ends: Accepted;

  constructor(ends: Accepted) {
    this.#ends = ends;
  }

  get scheme(): "http" | "https" {
    return this.#ends.scheme;
  }

  get remote(): Endpoint {
    return this.#ends.remote;
  }

  get local(): Endpoint {
    return this.#ends.local;
  }

  get encryption(): Encryption | undefined {
    return this.#ends.encryption;
  }

  get body(): GatewayBody {
    return this;
  }

  abstract start(sink: GatewayBodySink): void;
  abstract pause(): void;
  abstract resume(): void;
}
