import { FastCGIError, isFastCGIError } from "@x/protocol/errors";
import type { FastCGIErrorCode, FastCGIErrorPhase } from "@x/protocol/errors";

import type { AdminCommand } from "../admin/admin-command.ts";
import type { WorkerStatus } from "../admin/status.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { Account } from "../processes/account.ts";
import type { SentTlsFiles } from "../tls/sent-files.ts";

/** The first thing that a worker in a process of its own is told. */
export interface WorkerOrders {
  readonly type: "serve";
  /** Whom to become. */
  readonly account: Account;
  /** With the addresses of our own applications; its functions are {@link FunctionPlace}s. */
  readonly config: ResolvedConfig;
  /** Where the functions are; undefined: there are none. */
  readonly file: string | undefined;
  /** Of the listening sockets, in the order of `config.listen`. */
  readonly sockets: readonly number[];
  /** Certificates and keys, which only root may read. */
  readonly tlsFiles: SentTlsFiles;
  /** Of the access log's file; undefined: there is none. */
  readonly accessLog: number | undefined;
  /** Addresses of our own applications, which have events of their own. */
  readonly managed: readonly string[];
  readonly json: boolean;
  readonly verbose: boolean;
}

/** What came over the admin socket. */
export interface AdminQuestion {
  readonly type: "admin";
  readonly id: number;
  readonly command: AdminCommand;
}

/** What came of it. */
export interface AdminAnswer {
  readonly type: "admin";
  /** Of the question. */
  readonly id: number;
  /** For one that asks for it. */
  readonly status?: WorkerStatus | undefined;
  readonly error?: SentError | undefined;
}

/** What a supervisor says to its worker. */
export type ToWorker =
  | WorkerOrders
  | AdminQuestion
  /** The applications were started: requests may go to them. */
  | { readonly type: "started" }
  /** Accept no more, and say how much runs. */
  | { readonly type: "stop" }
  /** The access log's file was moved away. */
  | { readonly type: "reopen" }
  /** Certificates or keys are others now; read those again at once, or when they have stopped changing. */
  | { readonly type: "tls-files"; readonly files: SentTlsFiles; readonly atOnce: boolean }
  /** Finish what runs, then end. */
  | { readonly type: "close" };

/** What a worker does, in numbers. */
export interface WorkerCounts {
  readonly connections: number;
  readonly requests: number;
  /** Connections that were closed as they came. */
  readonly refused: number;
}

/** What a worker says to its supervisor. */
export type FromWorker =
  | AdminAnswer
  | { readonly type: "listening" }
  | { readonly type: "failed"; readonly error: SentError }
  | ({ readonly type: "counts" } & WorkerCounts);

/** An error on its way to another process. */
export interface SentError {
  readonly code: FastCGIErrorCode | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly phase: FastCGIErrorPhase | undefined;
  readonly address: string | undefined;
  /** Of the system. */
  readonly cause: string | undefined;
}

/** Takes apart what a copy would lose. */
export function sentError(error: unknown): SentError {
  const { message, stack, cause } = error instanceof Error ? error : new Error(String(error));
  const known = isFastCGIError(error) ? error : undefined;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return { code: known?.code, message, stack, phase: known?.phase, address: known?.address, cause: code };
}

/** The error again. */
export function receivedError({ code, message, stack, phase, address, cause }: SentError): Error {
  if (code === undefined) return Object.assign(new Error(message), { stack });
  return new FastCGIError(code, message, {
    ...(phase === undefined ? {} : { phase }),
    ...(address === undefined ? {} : { address }),
    cause: cause === undefined ? undefined : { code: cause },
  });
}
