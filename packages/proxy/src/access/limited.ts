import type { ResolvedClientLimit } from "../config/client-limit-config.ts";
import type { Handler } from "../handlers/handler.ts";
import { AddressSet, clientNetwork } from "../http/addresses.ts";
import { Refusal } from "../http/refusal.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { ClientTable } from "./client-table.ts";

/** Lets pass to a route as many requests of each client as it may have. */
export class LimitedHandler implements Handler {
  readonly traces: true | undefined;
  readonly #rules: ResolvedClientLimit;
  readonly #next: Handler;
  readonly #except: AddressSet;
  readonly #clients: ClientTable;
  readonly #clock: () => number;
  readonly #words: string;

  /**
   * @param proxies addresses that stand for many clients
   * @param next answers what passes
   * @param clock monotonic, in ms
   */
  constructor(
    rules: ResolvedClientLimit,
    proxies: readonly string[],
    next: Handler,
    clock: () => number = () => performance.now(),
  ) {
    this.traces = next.traces;
    this.#rules = rules;
    this.#next = next;
    this.#except = new AddressSet([...rules.except, ...proxies]);
    this.#clients = new ClientTable(rules);
    this.#clock = clock;
    this.#words = inWords(rules);
  }

  handle(served: ServedRequest): void {
    const { address } = served.remote;
    const limited = address !== undefined && !this.#except.has(address);
    if (served.trace !== undefined)
      served.trace.note(`limitClient: ${limited ? this.#words : "does not count this client"}`);
    else if (limited && served.client === undefined && !served.isErrorPage) {
      const entered = this.#clients.enter(clientNetwork(address), this.#clock());
      if (typeof entered === "number") {
        served.refuse(this.#refusal(entered));
        return;
      }
      served.client = entered;
    }
    this.#next.handle(served);
  }

  #refusal(wait: number): Refusal {
    const seconds = String(Math.max(1, Math.ceil(wait / 1_000)));
    return new Refusal(this.#rules.status, `The client has asked for more than limitClient allows (${this.#words}).`, [
      "Retry-After",
      seconds,
    ]);
  }
}

/** `10 requests in each 1 s, 20 at once after a pause`. */
function inWords({ requests, per, burst, concurrent }: ResolvedClientLimit): string {
  const words: string[] = [];
  if (requests !== Infinity) {
    const many = requests === 1 ? "1 request" : `${requests} requests`;
    words.push(`${many} in each ${per / 1_000} s, ${burst} at once after a pause`);
  }
  if (concurrent !== Infinity) words.push(`${concurrent} that run at once`);
  return words.join(", ");
}
