import type { Role } from "../constants.ts";
import type { FastCGIError } from "../errors.ts";
import type { ParamsInput } from "../param-list.ts";
import type { OversizedParam } from "../params-records.ts";
import type { Params } from "../params.ts";

/** What a {@link ClientSession} may do, and whom it tells. */
export interface ClientSessionOptions {
  /**
   * Requests at once on this connection. More than one only when the application is known to
   * multiplex.
   *
   * @default 1
   */
  multiplex?: number;
  /** The peer, for error messages. */
  address?: string;
  /** The connection is unusable: destroy the transport. Every request on it has been told before. */
  onFatal(error: FastCGIError): void;
  /**
   * The answer to {@link ClientSession.requestValues}, once for each question; `undefined` when the application does
   * not know GET_VALUES. It may never come.
   */
  onValues?(values: Params | undefined): void;
}

/** What {@link ClientSession.begin} sends. */
export interface BeginOptions {
  /** What the application is asked to be. */
  role: Role;
  /** Leave the connection open after this request (FastCGI 1.0 §5.1)? */
  keepConn: boolean;
  /** The request's variables. */
  params: ParamsInput;
  /**
   * A pair over 65,528 bytes: refuse the request, or send it in several records, which only some applications
   * can read (not PHP, for one).
   *
   * @default "error"
   */
  oversizedParam?: OversizedParam;
}
