import type { ClientExchange, ClientExchangeHandler, ClientSession } from "@x/protocol/session";

/** A request on a connection, in either protocol: what `ClientExchange` is in FastCGI. */
export type SessionExchange = Pick<
  ClientExchange,
  "abort" | "aborted" | "endData" | "endStdin" | "ended" | "id" | "stdoutEnded" | "writeData" | "writeStdin"
>;

/** The state of one connection, in either protocol: what `ClientSession` is in FastCGI. */
export interface Session extends Pick<
  ClientSession,
  "active" | "available" | "fail" | "multiplex" | "receive" | "receiveEnd" | "reusable"
> {
  /** Begins a request. @throws FastCGIError when it cannot be sent; nothing was */
  begin(options: Parameters<ClientSession["begin"]>[0], handler: ClientExchangeHandler): SessionExchange;
}
