import { RecordType, Role } from "../constants.ts";
import { FastCGIError } from "../errors.ts";
import { ParamsCollector } from "../params.ts";
import type { ResponderExchange, ResponderExchangeHandler } from "./responder-exchange.ts";

/** How far the web server has come with one request (FastCGI 1.0 §6): streams follow each other in this order. */
export const Stage = { Params: 0, Stdin: 1, Data: 2, Complete: 3 } as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/** What the session knows of one active request: its stage, and whom to tell. */
export class IncomingRequest {
  readonly id: number;
  readonly role: Role;
  readonly keepConn: boolean;
  readonly params: ParamsCollector;
  stage: Stage = Stage.Params;
  exchange: ResponderExchange | undefined;
  handler: ResponderExchangeHandler | undefined;

  constructor(id: number, role: Role, keepConn: boolean, params: ParamsCollector) {
    this.id = id;
    this.role = role;
    this.keepConn = keepConn;
    this.params = params;
  }

  /** May a record of this type come now (FastCGI 1.0 §6)? An empty one too many at the end of STDIN is harmless. */
  accepts(type: number, length: number): boolean {
    switch (type) {
      case RecordType.Params:
        return this.stage === Stage.Params;
      case RecordType.Stdin:
        return this.stage === Stage.Stdin || (this.stage > Stage.Stdin && length === 0);
      case RecordType.Data:
        return this.stage === Stage.Data;
      case RecordType.AbortRequest:
        return true;
      default:
        return false;
    }
  }

  /** The empty record of STDIN or DATA came. After STDIN a Filter goes on to DATA, all others have got everything. */
  endStream(type: number): void {
    if (type === RecordType.Stdin && this.stage === Stage.Stdin) {
      this.stage = this.role === Role.Filter ? Stage.Data : Stage.Complete;
      this.handler?.onStdinEnd();
    } else if (type === RecordType.Data && this.stage === Stage.Data) {
      this.stage = Stage.Complete;
      this.handler?.onDataEnd();
    }
  }

  /** Tells the application that nobody waits for its answer. */
  abort(error: FastCGIError): void {
    if (this.exchange === undefined || this.exchange.aborted || this.exchange.ended) return;
    this.exchange.markAborted();
    this.handler?.onAbort(error);
  }
}
