import { EventEmitter } from "node:events";

/** The constructor of an `EventEmitter` makes its table of listeners, which most responses never need; `on` makes it, too. */
function Emitter(): void {}
Object.setPrototypeOf(Emitter.prototype as object, EventEmitter.prototype);

/** An `EventEmitter`, to `instanceof` as well, that costs nothing before somebody listens. */
export const LazyEmitter: typeof EventEmitter = Emitter as unknown as typeof EventEmitter;
