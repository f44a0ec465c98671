import type { FrontOwner } from "../front/front-owner.ts";
import type { RefusedRequest } from "../http/refused-request.ts";
import type { Http1Connection } from "./connection.ts";
import type { HeadLimits } from "./head-scanner.ts";
import type { Malformed } from "./malformed.ts";

/** What holds for all connections of a front. */
export interface ConnectionRules {
  readonly limits: HeadLimits;
  /** Milliseconds for a head to come; 0: any. */
  readonly requestHead: number;
  /** Milliseconds for head and body to come; 0: any. */
  readonly request: number;
  /** Milliseconds between two requests; 0: any. */
  readonly keepAlive: number;
}

/** Who owns connections of HTTP/1. */
export interface ConnectionOwner extends FrontOwner {
  readonly rules: ConnectionRules;
  /** What a response says when the connection goes on after it. */
  readonly keepAliveLines: string;
  /** Connections end after the response that is under way. */
  readonly draining: boolean;
  /**
   * What came as a head is no request, and was answered.
   *
   * @param line its request line as far as it came, latin-1
   * @param duration milliseconds since its first byte, or since the connection began
   */
  onRefused(connection: Http1Connection, refused: RefusedRequest, line: string, duration: number): void;
  /** What else is said to a client that is refused. */
  explain(malformed: Malformed, connection: Http1Connection): string | undefined;
}
