import type { Timer } from "@x/protocol/timers";

import type { Timeouts } from "./timeouts.ts";

/** One who waits. */
export interface QueueEntry<Waiter> {
  readonly waiter: Waiter;
  next: QueueEntry<Waiter> | undefined;
  previous: QueueEntry<Waiter> | undefined;
  timer: Timer | undefined;
}

/** Somebody who can wait in one queue at a time, and carries his place himself. */
export interface Queueable<Waiter> {
  /** For the queue. */
  queueEntry: QueueEntry<Waiter> | undefined;
}

/** How a {@link WaitQueue} is made. */
export interface WaitQueueOptions<Waiter> {
  timeouts: Timeouts;
  /** Its time is up. It stays in the queue unless it is removed. */
  onExpire(waiter: Waiter): void;
}

/**
 * First in, first out; anyone may leave at any time at the same cost. No `Map` from waiters to places:
 * under steady load the tables that it leaves behind would keep waiters from being collected while
 * they are young.
 */
export class WaitQueue<Waiter extends Queueable<Waiter>> {
  readonly #options: WaitQueueOptions<Waiter>;
  #length = 0;
  #first: QueueEntry<Waiter> | undefined;
  #last: QueueEntry<Waiter> | undefined;

  constructor(options: WaitQueueOptions<Waiter>) {
    this.#options = options;
  }

  get length(): number {
    return this.#length;
  }

  get first(): QueueEntry<Waiter> | undefined {
    return this.#first;
  }

  /** Joins at the end; `timeout` in ms, 0 for none. */
  push(waiter: Waiter, timeout: number): void {
    const entry = this.#entry(waiter, timeout);
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
  }

  /** Joins at the front: for one who had his turn, and not by his own fault needs another. */
  unshift(waiter: Waiter, timeout: number): void {
    const entry = this.#entry(waiter, timeout);
    entry.next = this.#first;
    if (this.#first === undefined) this.#last = entry;
    else this.#first.previous = entry;
    this.#first = entry;
  }

  /** Leaves; false when it was not there. */
  remove(waiter: Waiter): boolean {
    const entry = waiter.queueEntry;
    if (entry === undefined) return false;
    waiter.queueEntry = undefined;
    this.#length--;
    if (entry.timer !== undefined) this.#options.timeouts.cancel(entry.timer);
    if (entry.previous === undefined) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    // An entry that the garbage collector holds to be old would keep all that joined after it.
    entry.previous = undefined;
    entry.next = undefined;
    return true;
  }

  /** Is it among the first `count`? */
  isAmongFirst(waiter: Waiter, count: number): boolean {
    let entry = this.#first;
    for (let index = 0; index < count && entry !== undefined; index++, entry = entry.next) {
      if (entry.waiter === waiter) return true;
    }
    return false;
  }

  /** The first that is meant. */
  find(isMeant: (waiter: Waiter) => boolean): Waiter | undefined {
    let entry = this.#first;
    while (entry !== undefined && !isMeant(entry.waiter)) entry = entry.next;
    return entry?.waiter;
  }

  /** Everyone leaves, in order. */
  drain(): Waiter[] {
    const waiters: Waiter[] = [];
    for (let entry = this.#first; entry !== undefined; entry = this.#first) {
      waiters.push(entry.waiter);
      this.remove(entry.waiter);
    }
    return waiters;
  }

  #entry(waiter: Waiter, timeout: number): QueueEntry<Waiter> {
    const { timeouts, onExpire } = this.#options;
    const timer = timeout === 0 ? undefined : timeouts.schedule(timeout, () => onExpire(waiter));
    const entry: QueueEntry<Waiter> = { waiter, next: undefined, previous: undefined, timer };
    waiter.queueEntry = entry;
    this.#length++;
    return entry;
  }
}
