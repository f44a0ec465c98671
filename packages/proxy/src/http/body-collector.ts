import type { GatewayBody, GatewayBodySink } from "../gateway-request.ts";
import { discard } from "../spool/discard.ts";
import { SpoolQueue, type SpoolQueueOwner } from "../spool/spool-queue.ts";
import type { Spool, SpoolProblem } from "../spool/spool.ts";
import { type BodyPace, BodyWatch } from "./body-watch.ts";
import { Refusal } from "./refusal.ts";
import { bodyTooLarge } from "./request-head.ts";
import { SpooledBody } from "./spooled-body.ts";

/** What holds for the bodies that are collected. */
export interface CollectingRules {
  /** Bytes of a body. */
  readonly limit: number;
  readonly pace: BodyPace;
  readonly spool: Spool;
}

/** Told how collecting a body ended; one of them is called, once. */
export interface CollectedBody {
  /** All of it; undefined for a body of no bytes. */
  onBody(body: Uint8Array | SpooledBody | undefined): void;
  /** It will not be had: what the client is answered, if it is still there. */
  onRefused(refusal: Refusal): void;
}

/** What is held in memory. */
const MEMORY = 65_536;

/** What is set aside at first for a body that comes in pieces: a client that announces much and sends little costs little. */
const FIRST = 4_096;

const TOO_LARGE_TO_STORE = new Refusal(413, "The request body is larger than limits.spool.quota allows.");

/**
 * Collects a request body, so that the application is asked only when all of it is there and its exact length is known: 64 KiB in
 * memory, what is more in a spool file. Small pieces are copied together: a client that sends single bytes must not make us keep a
 * buffer for each.
 */
export class BodyCollector implements GatewayBodySink, SpoolQueueOwner {
  readonly #source: GatewayBody;
  readonly #expected: number | undefined;
  readonly #rules: CollectingRules;
  readonly #result: CollectedBody;
  readonly #watch: BodyWatch;
  #bytes: Uint8Array | undefined;
  #queue: SpoolQueue | undefined;
  #body: SpooledBody | undefined;
  #length = 0;
  #ended = false;

  /** @param expected the Content-Length, undefined when it is not known */
  constructor(source: GatewayBody, expected: number | undefined, rules: CollectingRules, result: CollectedBody) {
    this.#source = source;
    this.#expected = expected;
    this.#rules = rules;
    this.#result = result;
    this.#watch = new BodyWatch(rules.pace, (refusal) => this.#refuse(refusal));
  }

  /** Why a body of that length cannot be collected: to be asked before the client is told to send it. */
  static precheck(expected: number | undefined, { spool }: CollectingRules): Refusal | undefined {
    if (expected === undefined || expected <= MEMORY) return undefined;
    if (!spool.holds(expected)) return TOO_LARGE_TO_STORE;
    const problem = spool.check(expected);
    return problem && noRoom(problem, spool);
  }

  start(): void {
    this.#watch.start();
    this.#source.start(this);
  }

  /** Nobody wants it any more. */
  cancel(): void {
    this.#drop();
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#watch.heard(chunk.length);
    const length = this.#length + chunk.length;
    if (length > this.#rules.limit) {
      this.#refuse(bodyTooLarge(this.#rules.limit));
      return false;
    }
    let more = true;
    if (length > MEMORY) more = this.#store(chunk);
    else if (this.#length === 0 && length === this.#expected) this.#bytes = chunk;
    else this.#append(chunk, length);
    this.#length = length;
    if (!more) this.#watch.pause();
    return more;
  }

  end(): void {
    if (this.#ended) return;
    if (this.#expected !== undefined && this.#expected !== this.#length) {
      this.error();
      return;
    }
    this.#ended = true;
    this.#watch.stop();
    if (this.#queue === undefined) {
      this.#result.onBody(this.#length === 0 ? undefined : this.#bytes?.subarray(0, this.#length));
      return;
    }
    this.#body = new SpooledBody(this.#queue);
    this.#result.onBody(this.#body);
  }

  /** The client broke off: what came is not all of it. */
  error(): void {
    this.#refuse(new Refusal(400, "The request body broke off."));
  }

  onRoom(): void {
    if (this.#ended) return;
    this.#watch.resume();
    this.#source.resume();
  }

  onRefused(problem: SpoolProblem): void {
    const { spool } = this.#rules;
    // What is missing in the file is still in memory: if it was the body's end, nothing is lost.
    if (!this.#ended) this.#refuse(spool.holds(this.#length + 1) ? noRoom(problem, spool) : TOO_LARGE_TO_STORE);
  }

  onLost(problem: SpoolProblem): void {
    this.#body?.fail(new Error(problem.reason));
  }

  #store(chunk: Uint8Array): boolean {
    if (this.#queue === undefined) {
      this.#queue = new SpoolQueue(this.#rules.spool, "request", this);
      if (this.#bytes !== undefined) this.#queue.push(this.#bytes.subarray(0, this.#length));
      this.#bytes = undefined;
    }
    const more = this.#queue.push(chunk);
    discard(chunk);
    return more;
  }

  #append(chunk: Uint8Array, length: number): void {
    let bytes = this.#bytes;
    if (bytes === undefined || bytes.length < length) {
      const doubled = Math.max(length, FIRST, (bytes?.length ?? 0) * 2);
      bytes = Buffer.allocUnsafeSlow(Math.max(length, Math.min(doubled, this.#expected ?? MEMORY, MEMORY)));
      if (this.#bytes !== undefined) bytes.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = bytes;
    }
    bytes.set(chunk, this.#length);
  }

  #refuse(refusal: Refusal): void {
    if (this.#ended) return;
    this.#drop();
    this.#result.onRefused(refusal);
  }

  #drop(): void {
    this.#ended = true;
    this.#watch.stop();
    this.#bytes = undefined;
    this.#queue?.close();
  }
}

function noRoom(problem: SpoolProblem, spool: Spool): Refusal {
  spool.countRefused();
  return new Refusal(503, problem.reason, ["Retry-After", "10"]);
}
