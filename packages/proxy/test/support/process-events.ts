import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { onTestFinished } from "vitest";

import type { ProcessEvent } from "../../src/processes/process-events.ts";
import { Changes } from "./changes.ts";

/** Collects what is published about application processes until the test ends. */
export class ProcessEvents {
  readonly all: ProcessEvent[] = [];
  readonly #changes = new Changes();

  constructor() {
    const listen = (event: unknown): void => {
      this.all.push(event as ProcessEvent);
      this.#changes.tell();
    };
    subscribe("fastcgi:proxy:process", listen);
    onTestFinished(() => void unsubscribe("fastcgi:proxy:process", listen));
  }

  of<Type extends ProcessEvent["type"]>(type: Type): Extract<ProcessEvent, { type: Type }>[] {
    return this.all.filter((event) => event.type === type) as Extract<ProcessEvent, { type: Type }>[];
  }

  /** Resolves with the `count`-th event of a type, at once if it has been already. */
  next<Type extends ProcessEvent["type"]>(type: Type, count = 1): Promise<Extract<ProcessEvent, { type: Type }>> {
    return this.#changes.find(() => this.of(type)[count - 1]);
  }

  /** Resolves with the first line that an application wrote and that matches. */
  line(pattern: RegExp): Promise<string> {
    return this.#changes.find(() => this.of("output").find(({ line }) => pattern.test(line))?.line);
  }
}
