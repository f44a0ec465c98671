import { readFileSync } from "node:fs";
import { Duplex } from "node:stream";

/** Stdin and stdout of this process as one stream. */
class StandardStreams extends Duplex {
  readonly #write: typeof process.stdout.write;

  constructor() {
    super();
    const { stdin, stdout, stderr } = process;
    this.#write = stdout.write.bind(stdout);
    // Stdout is the response: what the application prints goes where the web server logs it.
    stdout.write = stderr.write.bind(stderr);
    stdout.on("error", (error) => this.destroy(error));
    stdin.on("error", (error) => this.destroy(error));
    stdin.on("end", () => this.push(null));
    stdin.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stdin.pause();
    });
    stdin.pause();
  }

  override _read(): void {
    process.stdin.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#write(chunk, done);
  }

  /** All is written, and nobody closes the other side for us. */
  override _final(done: () => void): void {
    done();
    setImmediate(() => this.destroy());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    process.stdin.pause();
    done(error);
  }
}

/** The connection of a process that was started by CGI. */
export function standardStreams(): Duplex {
  return new StandardStreams();
}

/** The environment as the process got it: `process.env` has lost the bytes that are no UTF-8. */
export function processEnvironment(): [name: string, value: string | Uint8Array][] {
  let bytes: Buffer;
  try {
    bytes = readFileSync("/proc/self/environ");
  } catch {
    return Object.entries(process.env).map(([name, value = ""]) => [name, Buffer.from(value)]);
  }
  return bytes
    .toString("latin1")
    .split("\0")
    .filter((pair) => pair.indexOf("=") > 0)
    .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]);
}
