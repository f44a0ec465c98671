import { closeSync, constants, openSync, statSync } from "node:fs";

import { FastCGIError } from "@x/protocol/errors";
import sonicBoom from "sonic-boom";
import type { SonicBoom } from "sonic-boom";

/** Bytes that may wait to be written; what comes then is lost and counted. */
const QUEUE_LIMIT = 8 * 1_024 * 1_024;
/** Milliseconds that a reader may take nothing of the last lines. */
const LAST_LINES = 1_000;
/** Milliseconds that the last lines get to be written, however slowly they are read. */
const LAST_LINES_ALL = 10_000;

/** Characters that are collected before they are written. */
const BATCH = 65_536;
/** Milliseconds that a line waits for others at most: a write of its own would cost more than the request. */
const BATCH_TIME = 50;

/** What a log file has to tell. */
export interface LogFileEvents {
  /** Lines were lost since the last time, because they came faster than they could be written. */
  onLost(lines: number): void;
  /** Writing failed; the next lines try again. */
  onError(error: Error): void;
}

/** A log file that is never waited for: lines are written in batches, and what cannot be written in time is lost, and counted. */
export class LogFile {
  readonly #path: string;
  readonly #events: LogFileEvents;
  readonly #stream: SonicBoom;
  #batch = "";
  /** Lines of the batch. */
  #lines = 0;
  #timer: NodeJS.Timeout | undefined;
  #lost = 0;
  #closed = false;
  /** Its time is over: nothing more is written. */
  #givenUp = false;
  /** The file is open. */
  #ready: Promise<void>;

  /**
   * @param fd the file, when it is open already
   * @throws FastCGIError `FCGI_ERR_CONFIG` when it cannot be opened
   */
  constructor(path: string, events: LogFileEvents, fd: number = openLog(path)) {
    this.#path = path;
    this.#stream = new sonicBoom.SonicBoom({
      fd,
      maxLength: QUEUE_LIMIT,
      sync: false,
      retryEAGAIN: () => !this.#givenUp,
    });
    // Opened by ourselves, since a pipe must not block; to be opened anew it must know the name all the same.
    Object.assign(this.#stream, { file: path });
    this.#ready = this.#opened();
    // Of a batch, while it is given to the stream.
    this.#stream.on("drop", () => (this.#lost += this.#lines));
    this.#stream.on("drain", () => {
      if (this.#lost > 0) events.onLost(this.#lost);
      this.#lost = 0;
    });
    this.#stream.on("error", (error: Error) => {
      if (!this.#givenUp) events.onError(error);
    });
    this.#events = events;
  }

  line(text: string): void {
    if (this.#closed) return;
    this.#batch += `${text}\n`;
    this.#lines++;
    if (this.#batch.length >= BATCH) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), BATCH_TIME);
  }

  /**
   * Goes on in a new file of the same name, since the old one was moved away; lines that come before it is open go to the old one.
   *
   * @throws FastCGIError `FCGI_ERR_CONFIG` when there is no opening it; then the old one stays
   */
  async reopen(): Promise<void> {
    // A pipe stays, and opening it could wait for a reader.
    if (statSync(this.#path, { throwIfNoEntry: false })?.isFIFO() === true) return;
    closeSync(openLog(this.#path));
    this.#flush();
    this.#ready = this.#ready.then(() => {
      const opened = this.#opened();
      this.#stream.reopen(this.#path);
      return opened;
    });
    await this.#ready;
  }

  /** Writes what waits, and resolves when that is done or has taken too long. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const latest = performance.now() + LAST_LINES_ALL;
      const timer = setTimeout(() => {
        // A pipe that is full: another try would keep the program from ending as long as its reader lives.
        this.#givenUp = true;
        this.#events.onError(new Error("its reader took nothing at the end, and what waited is lost"));
        this.#stream.destroy();
        resolve();
      }, LAST_LINES);
      this.#stream.on("write", () => {
        if (performance.now() < latest) timer.refresh();
      });
      this.#stream.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      void this.#ready.then(() => {
        this.#flush();
        this.#closed = true;
        this.#stream.end();
      });
    });
  }

  /** Gives the stream what was collected: one write, unless one is under way. */
  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === 0) return;
    this.#stream.write(this.#batch);
    this.#batch = "";
    this.#lines = 0;
  }

  #opened(): Promise<void> {
    return new Promise((resolve) => this.#stream.once("ready", resolve));
  }
}

/**
 * Opens a file to append to it, without waiting for a reader, should it be a pipe.
 *
 * @param flags more of open(2)
 * @throws FastCGIError `FCGI_ERR_CONFIG` when it cannot be opened
 */
export function openLog(path: string, flags = 0): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | flags, 0o640);
  } catch (error) {
    const why = whyNot(error as NodeJS.ErrnoException);
    throw new FastCGIError("FCGI_ERR_CONFIG", `the access log ${path} cannot be written: ${why}`, {
      phase: "configure",
      cause: error,
    });
  }
}

function whyNot({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENXIO") return "it is a pipe that no program reads yet: start that program first.";
  if (code === "ENOENT") return "its folder does not exist: make it, or name another file in log.access.file.";
  return message;
}
