import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * What node:http uses of its own objects and has always had, but does not declare. Every framework's
 * own stand-ins rely on the same names; the comparison with node:http in `apps/interop` watches them.
 */
export interface NodeRequest extends IncomingMessage {
  upgrade: boolean;
  readonly _dumped: boolean;
  /** Sets `rawHeaders`; `headers` is made of them when first asked for. */
  _addHeaderLines(rawHeaders: readonly string[], length: number): void;
  /** Reads and forgets what is left. */
  _dump(): void;
}

export interface NodeResponse extends Omit<ServerResponse, "destroyed" | "socket"> {
  destroyed: boolean;
  socket: ServerResponse["socket"];
  /** The head as it would go over HTTP, from the status line to the empty line; null before it is fixed. */
  readonly _header: string | null;
  readonly outputData: { data: string; encoding: string; callback: null }[];
  _closed: boolean;
  _headerSent: boolean;
  /** Has the application taken the Connection field away? */
  _removedConnection: boolean;
  /** Sends `outputData`, and emits `drain` if somebody waits for it. */
  _flush(): void;
  /** Sends what belongs to the body, and the head before the first of it. */
  _send(data: unknown, encoding: unknown, callback: unknown, length: unknown): boolean;
  /** Gives something to the socket, or keeps it until there is one. */
  _writeRaw(data: unknown, encoding: unknown, callback: unknown, length: unknown): boolean;
  _storeHeader(firstLine: string, headers: unknown): void;
}
