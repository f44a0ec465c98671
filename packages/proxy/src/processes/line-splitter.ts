/** Bytes of one line at most; a longer one is given in pieces, so that an application cannot fill our memory. */
const LINE_LIMIT = 8_192;

/** Cuts a stream of bytes into lines of UTF-8 text, without their line ends. Empty lines are left out. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a)) {
      this.#emit(bytes.subarray(0, end));
      bytes = bytes.subarray(end + 1);
    }
    while (bytes.length >= LINE_LIMIT) {
      this.#emit(bytes.subarray(0, LINE_LIMIT));
      bytes = bytes.subarray(LINE_LIMIT);
    }
    // A copy: the chunk may be a piece of a large one that would stay in memory with it.
    this.#rest = Buffer.from(bytes);
  }

  /** Gives what stands after the last line end. */
  end(): void {
    this.#emit(this.#rest);
    this.#rest = Buffer.alloc(0);
  }

  #emit(bytes: Buffer): void {
    const line = bytes.toString("utf8").replace(/\r$/, "");
    if (line !== "") this.#onLine(line);
  }
}
