import { ParamList, ProtocolStatus, Role } from "@x/protocol";
import type { ParamsInput } from "@x/protocol";
import { parseContentLength } from "@x/protocol/cgi";
import { FastCGIError } from "@x/protocol/errors";
import { ScgiRequestEncoder } from "@x/protocol/scgi";
import type { RawOutput } from "@x/protocol/scgi";
import type { ClientExchangeHandler } from "@x/protocol/session";

import { toParamList } from "./dispatch-plan.ts";
import type { DispatchPlan } from "./dispatch-plan.ts";
import type { Session, SessionExchange } from "./session.ts";

/** Whom a {@link ScgiSession} tells. */
export interface ScgiSessionOptions {
  /** The connection is unusable; its request has been told before. */
  onFatal(error: FastCGIError): void;
  /** The request cannot be sent to its end: the connection has to be given up. */
  onSendError(error: FastCGIError): void;
}

/** The web server's end of one SCGI connection: one request, and an answer that ends with the connection. */
export class ScgiSession implements Session {
  /** SCGI has one request a connection, whatever it is set to. */
  multiplex = 1;
  readonly #output: RawOutput;
  readonly #options: ScgiSessionOptions;
  #exchange: ScgiExchange | undefined;
  #failed = false;

  constructor(output: RawOutput, options: ScgiSessionOptions) {
    this.#output = output;
    this.#options = options;
  }

  get active(): number {
    return this.#exchange === undefined || this.#exchange.ended ? 0 : 1;
  }

  get available(): boolean {
    return this.reusable;
  }

  get reusable(): boolean {
    return this.#exchange === undefined && !this.#failed;
  }

  begin({ params }: { params: ParamsInput }, handler: ClientExchangeHandler): SessionExchange {
    if (!this.available) throw new FastCGIError("FCGI_ERR_CLOSED", "The connection takes no further request.");
    const encoder = new ScgiRequestEncoder(params, announced(toParamList(params)) ?? 0);
    this.#output.write(encoder.head);
    this.#exchange = new ScgiExchange(encoder, this.#output, handler, this.#options.onSendError);
    return this.#exchange;
  }

  receive(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.ended || this.#failed) return;
    exchange.handler.onStdout(chunk, start, end);
  }

  /** The answer is complete, as far as SCGI tells. */
  receiveEnd(): void {
    this.#exchange?.finish();
  }

  fail(error: FastCGIError): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#exchange?.fail(error);
    this.#options.onFatal(error);
  }
}

class ScgiExchange implements SessionExchange {
  /** There are no others. */
  readonly id = 1;
  readonly handler: ClientExchangeHandler;
  readonly #encoder: ScgiRequestEncoder;
  readonly #output: RawOutput;
  readonly #onSendError: (error: FastCGIError) => void;
  #ended = false;
  #stdoutEnded = false;

  constructor(
    encoder: ScgiRequestEncoder,
    output: RawOutput,
    handler: ClientExchangeHandler,
    onSendError: (error: FastCGIError) => void,
  ) {
    this.#encoder = encoder;
    this.#output = output;
    this.handler = handler;
    this.#onSendError = onSendError;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get aborted(): boolean {
    return false;
  }

  get stdoutEnded(): boolean {
    return this.#stdoutEnded;
  }

  writeStdin(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#ended) return;
    this.#send(() => this.#output.write(this.#encoder.body(chunk, start, end)));
  }

  /** Sends nothing: the application counts. */
  endStdin(): void {
    if (!this.#ended) this.#send(() => this.#encoder.end());
  }

  /** SCGI has no filters. */
  writeData(): void {}

  endData(): void {}

  /** SCGI has no word for it: the connection is closed. */
  abort(): void {}

  finish(): void {
    if (this.#ended) return;
    this.#ended = this.#stdoutEnded = true;
    this.handler.onEnd(0, ProtocolStatus.RequestComplete);
  }

  fail(error: FastCGIError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.handler.onError(error);
  }

  #send(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#onSendError(FastCGIError.from(error, "FCGI_ERR_BODY_MISMATCH", { phase: "send" }));
    }
  }
}

/**
 * The plan of a request as SCGI can carry it: with the length of its body in the params.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for another role, and for a body whose length nobody knows
 */
export function scgiPlan(plan: DispatchPlan): DispatchPlan {
  if (plan.role !== Role.Responder) throw invalid("SCGI has no roles: an SCGI application answers requests.");
  const { stdin, params } = plan;
  // Nearly all: what the params do not announce the encoder takes for none.
  if (stdin === undefined && (announced(params) ?? 0) === 0) return plan;
  if (stdin === undefined) return { ...plan, params: withLength(params, 0) };
  if (stdin instanceof Uint8Array) return { ...plan, params: withLength(params, stdin.length) };
  if (announced(params) !== undefined) return plan;
  throw invalid(
    "SCGI needs to know the length of a request body: give the param CONTENT_LENGTH, or let it be collected (unknownLength).",
  );
}

function announced(params: ParamList): number | undefined {
  const value = params.values[params.names.lastIndexOf("CONTENT_LENGTH")];
  return typeof value === "string" ? parseContentLength(value) : undefined;
}

function withLength(params: ParamList, length: number): ParamList {
  if (announced(params) === length) return params;
  const list = new ParamList(params.preEncoded).add("CONTENT_LENGTH", String(length));
  params.names.forEach((name, index) => {
    if (name !== "CONTENT_LENGTH") list.add(name, params.values[index]!);
  });
  return list;
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "request" });
}
