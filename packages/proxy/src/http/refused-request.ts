/** The connection itself answered a request, since that cannot be understood or did not come in time. */
export class RefusedRequest extends Error {
  /** Undefined: the answer of somebody else was under way, and is cut. */
  readonly status: number | undefined;
  /** Of the answer's body. */
  readonly bytes: number;

  /** @param answer what is sent: head and body */
  constructor(status: number, answer: string | undefined) {
    super("The rest of the request cannot be understood, or did not come in time.");
    this.status = answer === undefined ? undefined : status;
    this.bytes = answer === undefined ? 0 : answer.length - answer.indexOf("\r\n\r\n") - 4;
  }
}
