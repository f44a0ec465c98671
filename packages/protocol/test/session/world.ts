// A model of a web server and an application, each behind its session.
import { failure } from "../failure.ts";
import { concat, latin1, strictRecords, textOf } from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";
import type { Call } from "./client-side.ts";
import { ResponderSide } from "./responder-side.ts";
import type { Served } from "./responder-side.ts";

/** What can happen, the more often the more likely. */
export const OPERATIONS = [
  "begin",
  "begin",
  "stdin",
  "stdin",
  "end stdin",
  "abort",
  "stdout",
  "stdout",
  "stderr",
  "end",
  "to application",
  "to application",
  "to application",
  "to server",
  "to server",
  "values",
  "drain",
] as const;

/** One thing that happens. */
export interface Step {
  readonly operation: (typeof OPERATIONS)[number];
  /** Which request. */
  readonly which: number;
  /** How many bytes. */
  readonly amount: number;
}

/** Bytes that tell whose they are: stream `seed`, from `start` on. */
function own(seed: number, start: number, length: number): string {
  return textOf(Uint8Array.from({ length }, (_, index) => seed * 53 + start + index));
}

/** What the model knows of a request. */
export class Request {
  readonly serial: number;
  readonly call: Call;
  served: Served | undefined;
  readonly sent = { stdin: "", stdout: "", stderr: "" };
  stdinEnded = false;
  status: number | undefined;

  constructor(serial: number, call: Call) {
    this.serial = serial;
    this.call = call;
  }
}

/** A web server and an application with a wire between them that delivers when it is told to. */
export class World {
  readonly client: ClientSide;
  readonly application: ResponderSide;
  readonly requests: Request[] = [];
  /** How many GET_VALUES were sent. */
  asked = 0;
  readonly #admitted: number;
  #toApplication: Uint8Array = new Uint8Array(0);
  #toServer: Uint8Array = new Uint8Array(0);

  constructor(multiplex: number, admitted: number) {
    this.#admitted = admitted;
    this.client = new ClientSide({ multiplex });
    this.application = new ResponderSide({ multiplex: admitted }, (served) => {
      const request = this.requests[Number(served.exchange.params.get("SERIAL"))]!;
      demand(request.served === undefined, "a request was run twice");
      demand(served.exchange.id === request.call.exchange.id, "a request came under another id");
      request.served = served;
    });
  }

  step({ operation, which, amount }: Step): void {
    if (operation === "begin") this.#begin(which, amount);
    else if (operation === "to application") this.deliver("application", amount * 8);
    else if (operation === "to server") this.deliver("server", amount * 8);
    else if (operation === "values") {
      this.client.session.requestValues();
      this.asked++;
    } else if (operation === "drain") {
      if (which === 0 && amount < 5) this.application.session.drain();
    } else if (this.requests.length > 0) {
      // Of the latest requests one, so that something is going on.
      const request = this.requests[Math.max(0, this.requests.length - 1 - which)]!;
      this.#act(request, operation, amount);
    }
    this.collect();
    this.check();
  }

  #begin(which: number, amount: number): void {
    if (!this.client.session.available) {
      failure(() => this.client.begin());
      return;
    }
    const SERIAL = `${this.requests.length}`;
    const role = which === 5 && amount === 7 ? 2 : 1; // which the application does not serve
    const keepConn = which !== 4 || amount !== 7;
    const fill = "x".repeat(Math.min(amount, 40_000));
    const call = this.client.begin({ role, keepConn, params: { SERIAL, FILL: fill, MORE: fill } });
    this.requests.push(new Request(this.requests.length, call));
  }

  #act(request: Request, operation: Step["operation"], amount: number): void {
    const { serial, call, served, sent } = request;
    const { exchange } = call;
    if (operation === "stdin" && !exchange.ended && !exchange.aborted && !request.stdinEnded) {
      const text = own(serial, sent.stdin.length, amount);
      exchange.writeStdin(latin1(text));
      sent.stdin += text;
    } else if (operation === "end stdin") {
      exchange.endStdin();
      request.stdinEnded = exchange.stdinEnded;
    } else if (operation === "abort") {
      if (amount < 7) exchange.abort();
    } else if (served !== undefined && request.status === undefined) {
      if (operation === "stdout" || operation === "stderr") {
        const text = own(serial * 2 + (operation === "stdout" ? 100 : 101), sent[operation].length, amount);
        if (operation === "stdout") served.exchange.writeStdout(latin1(text));
        else served.exchange.writeStderr(latin1(text));
        sent[operation] += text;
      } else if (operation === "end") {
        // Half of the time the body is complete by then, as it is where all goes well.
        if (amount % 2 === 0) {
          exchange.endStdin();
          request.stdinEnded = exchange.stdinEnded;
        }
        request.status = amount * 60_000;
        served.exchange.end(request.status);
      }
    }
  }

  /** What both have sent is put on the wire; it must be whole and strict records. */
  collect(): void {
    const fromServer = this.client.sentBytes();
    const fromApplication = this.application.sentBytes();
    strictRecords(fromServer);
    strictRecords(fromApplication);
    this.#toApplication = concat(this.#toApplication, fromServer);
    this.#toServer = concat(this.#toServer, fromApplication);
  }

  deliver(to: "application" | "server", amount: number): void {
    if (to === "application") {
      this.application.receive(this.#toApplication.slice(0, amount));
      this.#toApplication = this.#toApplication.slice(amount);
    } else {
      this.client.receive(this.#toServer.slice(0, amount));
      this.#toServer = this.#toServer.slice(amount);
    }
  }

  /** Nothing that was received differs from what was sent for the same request. */
  check(): void {
    for (const { call, served, sent } of this.requests) {
      demand(sent.stdout.startsWith(call.stdout), "STDOUT of another request");
      demand(sent.stderr.startsWith(call.stderr), "STDERR of another request");
      demand(sent.stdin.startsWith(served?.stdin ?? ""), "STDIN of another request");
      demand(call.endings <= (call.exchange.aborted ? 0 : 1), "ended twice, or after its abort");
      demand((served?.aborts.length ?? 0) <= 1, "aborted twice");
    }
    demand(this.application.session.active <= this.#admitted, "more requests than admitted");
  }
}

function demand(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}
