/** Somebody who has something to do when this turn of the event loop ends. */
export interface TurnEndWaiter {
  onTurnEnd(): void;
}

let waiters: TurnEndWaiter[] = [];

/**
 * Calls `waiter` when all that this turn of the event loop brought was handled: so a head, what follows at once of its body, and often
 * its end leave in one write. It is no delay: `setImmediate` runs before the loop waits again.
 */
export function atTurnEnd(waiter: TurnEndWaiter): void {
  if (waiters.length === 0) setImmediate(run);
  waiters.push(waiter);
}

function run(): void {
  const due = waiters;
  waiters = [];
  for (const waiter of due) waiter.onTurnEnd();
}
