// An application under test, on a UNIX socket of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, onTestFinished } from "vitest";

import { serve } from "../../src/index.ts";
import type { FastCGIServer, FetchHandler, RequestHandler, ServeOptions, ServerOptions } from "../../src/index.ts";
import { FrontEnd } from "./front-end.ts";

export interface Application {
  server: FastCGIServer;
  address: string;
  /** A new connection to it, closed when the test ends. */
  connect(): Promise<FrontEnd>;
}

/** What `expect` said inside of handlers, where a throw is a 500 and no failed test. */
const disappointments: unknown[] = [];
afterEach(() => {
  const [first] = disappointments.splice(0);
  if (first !== undefined) throw first;
});

function note(error: unknown): void {
  if (error instanceof Error && error.name === "AssertionError") disappointments.push(error);
}

/** Lets an assertion in a handler fail its test; the handler's result or throw stays what it is. */
function watched<Arguments extends unknown[], Result>(
  handler: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  return (...args) => {
    try {
      const result = handler(...args);
      if (result instanceof Promise) result.catch(note);
      return result;
    } catch (error) {
      note(error);
      throw error;
    }
  };
}

/** A folder that is gone when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "responder-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a raw handler. */
export function application(handler: RequestHandler, options: ServerOptions = {}): Promise<Application> {
  return started(serve({ listen: socketIn(temporaryFolder()), signals: false, ...options, handler: watched(handler) }));
}

/** Starts a fetch handler. */
export function fetchApplication(
  fetch: FetchHandler,
  options: ServerOptions & Pick<ServeOptions, "lean"> = {},
): Promise<Application> {
  return started(serve({ listen: socketIn(temporaryFolder()), signals: false, ...options, fetch: watched(fetch) }));
}

/** Starts an application of any roles. */
export function roleApplication(options: ServeOptions): Promise<Application> {
  return started(serve({ listen: socketIn(temporaryFolder()), signals: false, ...options }));
}

async function started(server: FastCGIServer): Promise<Application> {
  onTestFinished(() => server.destroy());
  const address = await server.ready;
  const connect = async (): Promise<FrontEnd> => {
    const frontEnd = await FrontEnd.connect(address);
    onTestFinished(() => frontEnd.destroy());
    return frontEnd;
  };
  return { server, address, connect };
}

function socketIn(folder: string): string {
  return `unix:${join(folder, "app.sock")}`;
}
