import type { FastCGIError } from "@x/protocol/errors";

import type { DispatchController, DispatchEnd, DispatchHandler } from "../../src/dispatcher.ts";

/** A dispatch handler that copies what it is told. */
export class Recorder implements DispatchHandler {
  controller!: DispatchController;
  /** The calls in order; neighbouring chunks of one stream are one. */
  readonly calls: string[] = [];
  readonly chunks: Buffer[] = [];
  readonly stderrChunks: Buffer[] = [];
  error: FastCGIError | undefined;
  ended: DispatchEnd | undefined;
  /** Resolved by `onEnd` or `onError`. */
  readonly settled: Promise<this>;
  /** Resolved by the first `onStart`. */
  readonly started: Promise<this>;
  /** Resolved by the first `onStdout`. */
  readonly answered: Promise<this>;
  #settle!: (value: this) => void;
  #start!: (value: this) => void;
  #answer!: (value: this) => void;

  constructor() {
    this.settled = new Promise((resolve) => (this.#settle = resolve));
    this.started = new Promise((resolve) => (this.#start = resolve));
    this.answered = new Promise((resolve) => (this.#answer = resolve));
  }

  get stdout(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }

  get stderr(): string {
    return Buffer.concat(this.stderrChunks).toString("latin1");
  }

  get code(): string | undefined {
    return this.error?.code;
  }

  onStart(controller: DispatchController): void {
    this.controller = controller;
    this.calls.push("start");
    this.#start(this);
  }

  onStdout(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk));
    this.#note("stdout");
    this.#answer(this);
  }

  onStderr(chunk: Uint8Array): void {
    this.stderrChunks.push(Buffer.from(chunk));
    this.#note("stderr");
  }

  onEnd(end: DispatchEnd): void {
    this.ended = end;
    this.calls.push("end");
    this.#settle(this);
  }

  onError(error: FastCGIError): void {
    this.error = error;
    this.calls.push("error");
    this.#settle(this);
  }

  #note(call: string): void {
    if (this.calls.at(-1) !== call) this.calls.push(call);
  }
}
