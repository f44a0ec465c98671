import { isFastCGIError } from "@x/protocol/errors";

import { UsageError } from "./usage-error.ts";

/** How a program ends that could not start. */
export interface Failure {
  /** 2: the user's mistake, before anything was started. 1: it could not run. */
  readonly exitCode: 1 | 2;
  /** One sentence that says what to do; more lines when a configuration has more mistakes. */
  readonly message: string;
  /** For machines. */
  readonly code: string;
}

/** How the user calls this program, for the hints in messages. */
export interface Program {
  /** `x-proxy`, `npm start --` */
  readonly name: string;
  /** `x-proxy serve`, `npm start --`: the options of serving can follow. */
  readonly serve: string;
}

/** What to tell the user about an error that kept the server from running. */
export function describeFailure(error: unknown, program: Program): Failure {
  if (error instanceof UsageError) return { exitCode: 2, message: error.message, code: "USAGE" };
  if (isFastCGIError(error, "FCGI_ERR_CONFIG") || isFastCGIError(error, "FCGI_ERR_BAD_ADDRESS")) {
    return { exitCode: 2, message: error.message, code: error.code };
  }
  if (isFastCGIError(error, "FCGI_ERR_LISTEN")) {
    const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
    return {
      exitCode: 1,
      message: listenAdvice(error.address ?? "", code, program) ?? error.message,
      code: error.code,
    };
  }
  if (isFastCGIError(error)) return { exitCode: 1, message: error.message, code: error.code };
  return {
    exitCode: 1,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    code: "UNEXPECTED",
  };
}

/** The first port that every user may listen on. */
const FIRST_FREE_PORT = 1_024;

function listenAdvice(address: string, code: string | undefined, program: Program): string | undefined {
  const found = /^(.*):(\d+)$/.exec(address);
  if (found === null) return undefined;
  const host = found[1] ?? "";
  const port = Number(found[2]);
  const elsewhere = (other: number): string => `${program.serve} --listen ${host}:${other}`;
  switch (code) {
    case "EADDRINUSE":
      return `another program listens on ${address} already: find it with \`${finder(port)}\`, or choose another port: ${elsewhere(port === 65_535 ? 8_080 : port + 1)}`;
    case "EACCES":
    case "EPERM":
      return `this user may not listen on ${address}${port < FIRST_FREE_PORT ? `, since ports below ${FIRST_FREE_PORT} are root's` : ""}: choose another port: ${elsewhere(port < FIRST_FREE_PORT ? 8_000 + (port % 1_000) : port + 1)}`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `this machine has no address ${host}: listen on one that it has: ${program.serve} --listen 127.0.0.1:${port}`;
    default:
      return undefined;
  }
}

function finder(port: number): string {
  return process.platform === "linux" ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
}
