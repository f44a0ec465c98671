import type { Readable } from "node:stream";

import type { ActiveRequest } from "./active-request.ts";
import { toRequest } from "./fetch-request.ts";
import { FetchCall, sendResponse } from "./fetch.ts";
import type { FetchContext } from "./fetch.ts";

/** What a filter handler gets beside the `Request` (FastCGI 1.0 §6.4). */
export interface FilterContext extends FetchContext {
  /**
   * The file, as the web server reads it. It comes after the request body. Reading it fails with
   * `FCGI_ERR_BODY_MISMATCH` when it is shorter or longer than {@link FilterContext.dataLength}.
   */
  readonly data: Readable;
  /** FCGI_DATA_LENGTH in bytes; undefined when the web server did not give it. */
  readonly dataLength: number | undefined;
  /** FCGI_DATA_LAST_MOD; undefined when the web server did not give it. */
  readonly dataLastModified: Date | undefined;
}

/** Answers one request about a file that the web server has and hands over. */
export type FilterHandler = (request: Request, context: FilterContext) => Response | Promise<Response>;

/** Lets a filter handler answer requests. */
export function filterRunner(handler: FilterHandler): (active: ActiveRequest) => Promise<void> {
  return async (active) => sendResponse(active, await handler(toRequest(active), new FilterCall(active)));
}

class FilterCall extends FetchCall implements FilterContext {
  get data(): Readable {
    return this.incoming.data;
  }

  get dataLength(): number | undefined {
    return this.incoming.dataLength;
  }

  get dataLastModified(): Date | undefined {
    return this.incoming.dataLastModified;
  }
}
