import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from "node:fs";
import type { Stats } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";

/** Bytes that may wait for a reader that does not read; what comes then is lost and counted. */
const QUEUE_LIMIT = 1_048_576;
/** Milliseconds to the next try while the reader does not read. */
const RETRY = 20;

/**
 * Writes text to stdout or stderr, whatever is at the other end, and never waits for it nor fails.
 *
 * Node writes to pipes synchronously: a log reader that hangs would stop the server. So a pipe or a terminal is opened once more
 * without blocking; what its reader does not take waits in a bounded queue. When the reader is gone, text is dropped.
 */
export class Output {
  /** Is a person looking? */
  readonly terminal: boolean;
  readonly #original: number;
  #fd: number;
  #queue: Buffer[] = [];
  #queued = 0;
  #lost = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(fd: 1 | 2) {
    this.#original = fd;
    this.terminal = isatty(fd);
    this.#fd = reopenWithoutBlocking(fd);
  }

  /** Writes a line; its end is added. */
  line(text: string): void {
    if (this.#closed) return;
    const bytes = Buffer.from(`${text}\n`);
    if (this.#queued > 0 && this.#queued + bytes.length > QUEUE_LIMIT) {
      this.#lost++;
      return;
    }
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (this.#timer === undefined) this.#flush();
  }

  /** Tries to write what waits, for at most `patience` milliseconds, and gives the descriptor back. */
  async close(patience: number): Promise<void> {
    const end = performance.now() + patience;
    while (this.#queued > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
    this.#abandon();
    if (this.#fd !== this.#original) closeSync(this.#fd);
  }

  #flush(): void {
    this.#timer = undefined;
    try {
      while (this.#queue.length > 0) this.#writeFirst();
      this.#reportLost();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") this.#timer = setTimeout(() => this.#flush(), RETRY).unref();
      // EPIPE: the reader is gone. EIO: the terminal is. ENOSPC: the disk is full. There is nobody to tell.
      else this.#abandon();
    }
  }

  #writeFirst(): void {
    const [first] = this.#queue;
    if (first === undefined) return;
    const written = writeSync(this.#fd, first);
    this.#queued -= written;
    if (written === first.length) this.#queue.shift();
    else this.#queue[0] = first.subarray(written);
  }

  #reportLost(): void {
    if (this.#lost === 0) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.line(`(${lost} log lines were lost: nobody read them)`);
  }

  #abandon(): void {
    this.#closed = true;
    this.#queue = [];
    this.#queued = 0;
    clearTimeout(this.#timer);
  }
}

/**
 * A descriptor of its own: making the given one non-blocking would change it for every program that shares it. A socket cannot be opened
 * anew, so it is changed; whoever made one for our output, such as systemd's journal or another Node, made it for us alone.
 */
function reopenWithoutBlocking(fd: number): number {
  try {
    if (isSocket(fd)) {
      new Socket({ fd, readable: false, writable: true }).on("error", () => undefined).unref();
      return fd;
    }
    if (!isPipe(fd) && !isatty(fd)) return fd;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}

function isPipe(fd: number): boolean {
  return seen(fd).isFIFO();
}

function isSocket(fd: number): boolean {
  return seen(fd).isSocket();
}

function seen(fd: number): Stats {
  const stats = fstatSync(fd);
  // Node 22's realpathSync, by which modules are found, gives up when the last synchronous stat saw a pipe or a socket: let the
  // last one see a folder.
  statSync("/");
  return stats;
}
