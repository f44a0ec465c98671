import { randomBytes } from "node:crypto";
import { close, constants, openSync, read, unlinkSync, write } from "node:fs";
import { join } from "node:path";

/** Told how an operation ended; no error: all bytes were written, or read. */
export type FileCallback = (error: Error | undefined) => void;

// Never a file that is there already, never through a link (0 where the system knows no links).
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/**
 * A file without a name: it was removed right after it was opened, so nobody else can open it, and however this program ends,
 * its disk space comes back.
 */
export class SpoolFile {
  readonly #fd: number;
  #pending = 0;
  #closed = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Opens a new file in the folder. Both calls in one go: a program that is killed leaves nothing behind then, but in the microseconds
   * between them.
   *
   * @throws the system's error
   */
  static open(folder: string): SpoolFile {
    const path = join(folder, randomBytes(12).toString("hex"));
    const fd = openSync(path, FLAGS, 0o600);
    try {
      unlinkSync(path);
    } catch (error) {
      // Gone already: another program has cleared the folder.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        close(fd);
        throw error;
      }
    }
    return new SpoolFile(fd);
  }

  /** Writes all of the bytes, which must not change until then. */
  write(bytes: Uint8Array, position: number, callback: FileCallback): void {
    this.#pending++;
    write(this.#fd, bytes, 0, bytes.length, position, (error, written) => {
      if (error === null && written < bytes.length && !this.#closed)
        this.write(bytes.subarray(written), position + written, callback);
      else callback(error ?? undefined);
      this.#done();
    });
  }

  /** Fills all of the bytes. */
  read(bytes: Uint8Array, position: number, callback: FileCallback): void {
    this.#pending++;
    read(this.#fd, bytes, 0, bytes.length, position, (error, got) => {
      if (error !== null) callback(error);
      else if (got === bytes.length || this.#closed) callback(undefined);
      else if (got === 0) callback(new Error("A spool file has become shorter."));
      else this.read(bytes.subarray(got), position + got, callback);
      this.#done();
    });
  }

  /** Closes it, once what is under way has come back: until then its number must not belong to another file. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#pending === 0) close(this.#fd);
  }

  #done(): void {
    if (--this.#pending === 0 && this.#closed) close(this.#fd);
  }
}
