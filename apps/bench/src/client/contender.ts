import type { Case, Target } from "./cases.ts";

/** The packages under test, as they are installed. */
export interface Doors {
  client: typeof import("@x/client");
  protocol: typeof import("@x/protocol");
}

/** Sends one request of the case; `ended` is told the bytes of the body, or -1 for a failure. */
export type Send = (ended: (bytes: number) => void) => void;

/** A way to call an application. */
export interface Contender {
  name: string;
  /** The applications that it can call: all, those that multiplex, or PHP alone. */
  peers: "all" | "multiplexing" | "php";
  ours: boolean;
  /** Is it from npm? */
  npm: boolean;
  prepare(doors: Doors, target: Target, one: Case): { send: Send; close(): Promise<void> | void };
}
