import type { FrontRequest } from "./front-request.ts";

/** What a front of ours notes of a response, to tell it when the response is over. */
export abstract class FrontResponse<Request extends FrontRequest = FrontRequest> {
  onDrain: (() => void) | undefined;
  stallTimeout = 0;
  /** 0: no head was sent. */
  statusCode = 0;
  /** Bytes of the body, without framing. */
  bytes = 0;
  /** By `performance.now()`; 0 when nobody wants to know. */
  readonly began: number;
  /** The proxy gave it up, not the client. */
  cut = false;
  readonly request: Request;
  /** Nothing more comes from the gateway, or nothing more is wanted of it. */
  ended = false;

  constructor(request: Request, began: number) {
    this.request = request;
    this.began = began;
  }
}
