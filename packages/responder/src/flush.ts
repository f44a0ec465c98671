/** Something that collects output and can hand it to its socket. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/**
 * Flushes `target` once this turn of the event loop has run all that was ready: what many requests
 * produce in one turn leaves in one write a socket. Nothing is held back longer than that.
 */
export function flushSoon(target: Flushable): void {
  if (waiting.push(target) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const targets = waiting;
  waiting = [];
  for (const target of targets) target.flush();
}
