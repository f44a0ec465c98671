import { ScgiRequestDecoder } from "@x/protocol/scgi";

import { printable } from "./printable.ts";

/** What is sent on one SCGI connection: its headers as params, and how much of a body goes out. */
export class ScgiRequestLog {
  readonly #write: (line: string) => void;
  readonly #decoder: ScgiRequestDecoder;

  constructor(write: (line: string) => void) {
    this.#write = write;
    this.#decoder = new ScgiRequestDecoder(
      {
        onRequest: (params) => {
          write(`SCGI ${params.size} headers`);
          for (const [name, value] of params) write(`  ${printable(`${name}=${value}`)}`);
        },
        onBody: (_chunk, start, end) => write(`body ${end - start} bytes`),
        onBodyEnd: () => write("(end)"),
      },
      // Our own request: whatever was sent is shown.
      { maxParamsBytes: 2 ** 31 - 1, maxParams: 2 ** 31 - 1, maxParamBytes: 2 ** 31 - 1 },
    );
  }

  push(chunk: Uint8Array): void {
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#write(`(no SCGI: ${error instanceof Error ? error.message : String(error)})`);
    }
  }
}

/** What comes back: a CGI response, which has no records. */
export class ScgiResponseLog {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  push(chunk: Uint8Array): void {
    this.#write(`${chunk.length} bytes`);
  }
}
