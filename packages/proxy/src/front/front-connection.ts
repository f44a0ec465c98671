/** A connection of a client, whatever is spoken on it. */
export interface FrontConnection {
  /** Its place in the list of its owner. */
  slot: number;
  /** The server goes down: ends when nothing is under way any more. */
  drain(): void;
  /** Cuts it. */
  destroy(): void;
}
