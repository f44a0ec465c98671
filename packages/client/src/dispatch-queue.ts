import type { Dispatch } from "./dispatch.ts";
import { WaitQueue } from "./wait-queue.ts";

/** Dispatches that wait for a connection, and how many of them need one that has served nobody. */
export class DispatchQueue extends WaitQueue<Dispatch> {
  #fresh = 0;

  /** How many need a fresh connection. */
  get fresh(): number {
    return this.#fresh;
  }

  override push(dispatch: Dispatch, timeout: number): void {
    super.push(dispatch, timeout);
    if (dispatch.fresh) this.#fresh++;
  }

  override unshift(dispatch: Dispatch, timeout: number): void {
    super.unshift(dispatch, timeout);
    if (dispatch.fresh) this.#fresh++;
  }

  override remove(dispatch: Dispatch): boolean {
    const removed = super.remove(dispatch);
    if (removed && dispatch.fresh) this.#fresh--;
    return removed;
  }

  /** It leaves, since its turn has come. */
  shift(dispatch: Dispatch): Dispatch {
    this.remove(dispatch);
    return dispatch;
  }
}
