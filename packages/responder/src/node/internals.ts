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

export interface NodeResponse extends Omit<ServerResponse, "destroyed"> {
  destroyed: boolean;
  /** The head as it would go over HTTP, from the status line to the empty line; null before it is fixed. */
  readonly _header: string | null;
  readonly outputData: { data: string; encoding: string; callback: null }[];
  _closed: boolean;
  /** Sends `outputData`, and emits `drain` if somebody waits for it. */
  _flush(): void;
  _storeHeader(firstLine: string, headers: unknown): void;
}
