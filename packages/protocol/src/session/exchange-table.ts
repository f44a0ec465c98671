import { FCGI_MAX_REQUEST_ID } from "../constants.ts";

/**
 * Request ids and what runs under them. Ids are kept small and used again (FastCGI 1.0 §3.3): the
 * lowest free one is given out, and one comes free only when its END_REQUEST was seen.
 */
export class ExchangeTable<Exchange> {
  /** Index is the request id; slot 0 is never used. */
  readonly #slots: (Exchange | undefined)[] = [undefined];
  #lowestFree = 1;
  #size = 0;

  /** How many ids are in use. */
  get size(): number {
    return this.#size;
  }

  /** The lowest free id, or 0 when all 65,535 are in use. */
  get nextId(): number {
    return this.#lowestFree > FCGI_MAX_REQUEST_ID ? 0 : this.#lowestFree;
  }

  /** Has this id ever been in use? */
  hasSeen(id: number): boolean {
    return id < this.#slots.length;
  }

  get(id: number): Exchange | undefined {
    return this.#slots[id];
  }

  /** Puts `exchange` under the id that {@link ExchangeTable.nextId} gave. */
  add(id: number, exchange: Exchange): void {
    this.#slots[id] = exchange;
    this.#size++;
    let free = id + 1;
    while (this.#slots[free] !== undefined) free++;
    this.#lowestFree = free;
  }

  delete(id: number): void {
    if (this.#slots[id] === undefined) return;
    this.#slots[id] = undefined;
    this.#size--;
    if (id < this.#lowestFree) this.#lowestFree = id;
  }

  /** Empties the table and gives what was in it. */
  drain(): Exchange[] {
    const all = this.#slots.filter((exchange) => exchange !== undefined);
    this.#slots.fill(undefined);
    this.#size = 0;
    this.#lowestFree = 1;
    return all;
  }
}
