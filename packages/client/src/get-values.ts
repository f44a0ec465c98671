import { RecordOutput } from "@x/protocol";
import type { Params } from "@x/protocol";
import { formatAddress } from "@x/protocol/address";
import type { Address } from "@x/protocol/address";
import { ClientSession } from "@x/protocol/session";

import { Connector } from "./connector.ts";
import { channels } from "./diagnostics.ts";
import { processRuntime } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";

/**
 * What came of FCGI_GET_VALUES: values, `unknown` (the application does not know the record type),
 * `closed` (it took the question for a broken request), or `silent`.
 */
export type ValuesAnswer =
  | { kind: "values"; values: Params }
  | { kind: "unknown" }
  | { kind: "closed" }
  | { kind: "silent" };

/**
 * Asks an application what it can do (FastCGI 1.0 §4.1), on a connection of its own since some close it.
 *
 * @param timeout ms to connect, and ms to answer
 * @param signal gives up: as if it were silent
 * @throws FastCGIError when there is no connection, or what comes back is not FastCGI
 */
export function getValues(
  address: Address,
  timeout: number,
  { timeouts }: Pick<Runtime, "timeouts"> = processRuntime,
  signal?: AbortSignal,
): Promise<ValuesAnswer> {
  return new Promise((resolve, reject) => {
    const buffer = new Uint8Array(65_536);
    const output = new RecordOutput(() => {});
    const session = new ClientSession(output, {
      onValues: (values) => finish(values === undefined ? { kind: "unknown" } : { kind: "values", values }),
      onFatal: (error) => {
        reject(error);
        close();
      },
    });
    const told = { address: formatAddress(address), connection: session };
    let close = (): void => connector.cancel();
    const finish = (answer: ValuesAnswer): void => {
      resolve(answer);
      close();
    };
    signal?.addEventListener("abort", () => finish({ kind: "silent" }), { once: true });
    const reader = {
      readBuffer: () => buffer,
      onBytes: (length: number) => {
        channels.received.publish({ ...told, chunk: buffer.subarray(0, length) });
        session.receive(buffer, 0, length);
      },
      onWriteError: () => finish({ kind: "closed" }),
    };
    const connector = new Connector({
      address,
      timeout,
      timeouts,
      reader,
      onError: reject,
      onOpen: (socket) => {
        const timer = timeouts.schedule(timeout, () => finish({ kind: "silent" }));
        close = (): void => {
          timeouts.cancel(timer);
          socket.destroy();
        };
        socket.on("end", () => finish({ kind: "closed" }));
        socket.on("error", () => finish({ kind: "closed" }));
        session.requestValues();
        for (const chunk of output.take()) {
          channels.sent.publish({ ...told, chunk });
          socket.write(chunk);
        }
      },
    });
  });
}
