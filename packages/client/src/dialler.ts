import type { ApplicationAddress } from "@x/protocol/address";

import type { ConnectionSet } from "./connection-set.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection.ts";
import type { DialOptions } from "./connector.ts";
import type { DispatchQueue } from "./dispatch-queue.ts";
import type { PoolShape } from "./pool-shape.ts";
import type { Runtime } from "./runtime.ts";

/** The pool that a {@link Dialler} opens connections for. */
export interface DiallerOwner extends ConnectionOwner {
  readonly connections: ConnectionSet;
  readonly shape: PoolShape;
  /** How many more requests may begin. */
  readonly room: number;
}

/** What a {@link Dialler} needs to know. */
export interface DiallerOptions {
  application: ApplicationAddress;
  /** ms, unless the first that waits has another limit. */
  connectTimeout: number;
  dial: DialOptions;
  runtime: Runtime;
  queue: DispatchQueue;
  owner: DiallerOwner;
}

/** Opens connections for those that wait. */
export class Dialler {
  readonly #options: DiallerOptions;

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** As many as those that wait and may begin need, as far as the shape allows. */
  dial(): void {
    const { queue, owner } = this.#options;
    const { connections, shape } = owner;
    const { multiplex, maxConnections } = shape;
    for (;;) {
      const { connecting, coldest } = connections;
      const waiting = Math.min(queue.length, owner.room);
      const freshNeeded = Math.min(queue.fresh, owner.room) > connecting;
      if (!freshNeeded && waiting <= connecting * multiplex) return;
      if (connections.usable(multiplex) >= maxConnections) {
        // An idle connection that is of no use to those that wait makes room; on a multiplexing
        // application, whose connections cost it nothing, one more is opened.
        if (coldest !== undefined && queue.fresh > 0) {
          coldest.close();
          continue;
        }
        if (multiplex === 1 || !freshNeeded) return;
      }
      this.#open(multiplex);
    }
  }

  #open(multiplex: number): void {
    const { application, dial, runtime, queue, owner } = this.#options;
    const connectTimeout = queue.first?.waiter.plan.connectTimeout ?? this.#options.connectTimeout;
    owner.connections.add(new Connection({ application, multiplex, connectTimeout, dial, runtime, owner }));
  }
}
