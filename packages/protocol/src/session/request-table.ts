/** Ids that share a page: as many as requests run at once by default. */
const PAGE_BITS = 6;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;

/** The requests under 64 ids that follow each other. */
interface Page<Request> {
  readonly slots: (Request | undefined)[];
  used: number;
}

/**
 * What runs under each request id, where the peer picks the ids: small ones that it uses again, ever larger ones as HAProxy
 * does, or any of 65,535 to do harm. Looking one up takes the same two steps always, and memory goes by the requests that run:
 * a page that empties is kept for the next ids.
 *
 * Not a `Map`: one that lives as long as a connection, with an add and a delete for every request, keeps its old tables, and
 * through them finished requests, from V8's scavenger.
 */
export class RequestTable<Request> {
  readonly #pages: (Page<Request> | undefined)[] = [];
  /** The page that emptied last. */
  #spare: Page<Request> | undefined;
  #size = 0;

  /** How many requests are in it. */
  get size(): number {
    return this.#size;
  }

  /** The request under this id. */
  get(id: number): Request | undefined {
    return this.#pages[id >> PAGE_BITS]?.slots[id & PAGE_MASK];
  }

  /** Puts a request under an id that is free. */
  add(id: number, request: Request): void {
    const page = (this.#pages[id >> PAGE_BITS] ??= this.#emptyPage());
    page.slots[id & PAGE_MASK] = request;
    page.used++;
    this.#size++;
  }

  /** Frees an id; one that is free stays so. */
  delete(id: number): void {
    const index = id >> PAGE_BITS;
    const page = this.#pages[index];
    if (page?.slots[id & PAGE_MASK] === undefined) return;
    page.slots[id & PAGE_MASK] = undefined;
    this.#size--;
    if (--page.used > 0) return;
    this.#pages[index] = undefined;
    this.#spare = page;
  }

  /** All requests, by their ids; a copy, which does not change with the table. */
  list(): Request[] {
    return this.#pages.flatMap((page) => page?.slots.filter((request) => request !== undefined) ?? []);
  }

  /** Empties the table and gives what was in it. */
  drain(): Request[] {
    const all = this.list();
    this.#pages.length = 0;
    this.#size = 0;
    return all;
  }

  #emptyPage(): Page<Request> {
    const page = this.#spare ?? { slots: Array.from({ length: PAGE_SIZE }, () => undefined), used: 0 };
    this.#spare = undefined;
    return page;
  }
}
