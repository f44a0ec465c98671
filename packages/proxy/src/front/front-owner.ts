import type { GatewayResponse } from "../gateway-request.ts";
import type { FrontConnection } from "./front-connection.ts";
import type { FrontRequest } from "./front-request.ts";
import type { FrontResponse } from "./front-response.ts";

/** Who owns connections, whatever is spoken on them. */
export interface FrontOwner {
  /** By `performance.now()`, if somebody wants to know how long requests take, else 0. */
  readonly now: number;
  onRequest(request: FrontRequest, response: FrontResponse & GatewayResponse): void;
  /** @param complete the kernel, or the client's connection, has all of it */
  onResponseOver(response: FrontResponse, complete: boolean): void;
  /** The connection has gone. */
  onClosed(connection: FrontConnection): void;
}
