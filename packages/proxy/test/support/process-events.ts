import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { onTestFinished } from "vitest";

import type { ProcessEvent } from "../../src/processes/process-events.ts";

/** Collects what is published about application processes until the test ends. */
export class ProcessEvents {
  readonly all: ProcessEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor() {
    const listen = (event: unknown): void => {
      this.all.push(event as ProcessEvent);
      for (const look of this.#waiting) look();
    };
    subscribe("fastcgi:proxy:process", listen);
    onTestFinished(() => void unsubscribe("fastcgi:proxy:process", listen));
  }

  of<Type extends ProcessEvent["type"]>(type: Type): Extract<ProcessEvent, { type: Type }>[] {
    return this.all.filter((event) => event.type === type) as Extract<ProcessEvent, { type: Type }>[];
  }

  /** Resolves with the `count`-th event of a type, at once if it has been already. */
  next<Type extends ProcessEvent["type"]>(type: Type, count = 1): Promise<Extract<ProcessEvent, { type: Type }>> {
    return new Promise((resolve) => {
      const look = (): void => {
        const event = this.of(type)[count - 1];
        if (event === undefined) return;
        this.#waiting.delete(look);
        resolve(event);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves with the first line that an application wrote and that matches. */
  line(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.of("output").find(({ line }) => pattern.test(line));
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found.line);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
