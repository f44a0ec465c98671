import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const DRIVER = join(import.meta.dirname, "body-driver.ts");

/** How a large body went. */
export interface BodyResult {
  seconds: number;
  /** As the receiver counted them. */
  bytes: number;
  status: number;
}

/** Clients that are slow, in place. */
export interface SlowClients {
  /** Ends them. @returns how many the server had cut */
  stop(): Promise<number>;
}

/** Sends or fetches one large body. */
export async function driveBody(
  kind: "upload" | "chunked" | "download",
  bytes: number,
  url: string,
): Promise<BodyResult> {
  const { line } = start([kind, String(bytes), url]);
  return JSON.parse(await line()) as BodyResult;
}

/**
 * Brings clients into place: all have sent, or asked, what they do at once. Posters and readers are slow; idle ones have their answer
 * and keep the connection.
 *
 * @param path what readers and idle ones ask for, unless it is a page of PHP's that sends 1 MiB
 */
export async function startSlowClients(
  kind: "posters" | "readers" | "idle",
  count: number,
  target: string,
  path?: string,
): Promise<SlowClients> {
  const { line, end } = start([kind, String(count), target, ...(path === undefined ? [] : [path])]);
  await line();
  const stop = async (): Promise<number> => {
    end();
    return (JSON.parse(await line()) as { cut: number }).cut;
  };
  return { stop };
}

function start(args: readonly string[]): { line(): Promise<string>; end(): void } {
  const child = spawn(process.execPath, [DRIVER, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const got: string[] = [];
  let onLine = (): void => undefined;
  lines.on("line", (text) => {
    got.push(text);
    onLine();
  });
  const failed = once(child, "exit").then(() => {
    if (got.length === 0) throw new Error(`the driver ended without a result: ${args.join(" ")}`);
  });
  const line = async (): Promise<string> => {
    while (got.length === 0) await Promise.race([failed, new Promise<void>((resolve) => (onLine = resolve))]);
    return got.shift() as string;
  };
  return { line, end: () => void child.stdin.end() };
}
