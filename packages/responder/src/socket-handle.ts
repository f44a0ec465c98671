import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What is below a `net.Socket`, and can go to another process as it is: `node:cluster` hands connections over in the same way. */
export interface SocketHandle {
  readStop(): number;
  close(): void;
}

/**
 * Stops reading, for good: what comes from now on waits in the system for whoever takes the handle. Undefined when the socket has
 * read something already that nobody has taken, or has something to write, or is no socket.
 */
export function detachHandle(socket: Duplex): SocketHandle | undefined {
  if (socket.readableLength > 0 || socket.writableLength > 0 || socket.destroyed) return undefined;
  const { _handle: handle } = socket as unknown as { _handle?: SocketHandle | null };
  handle?.readStop();
  return handle ?? undefined;
}

/** A socket of a handle that another process has detached. */
export function attachHandle(handle: SocketHandle): Socket {
  return new Socket({ handle, allowHalfOpen: true } as object);
}
