// The two codecs of npm that are compared come without types; only what is called is declared.

declare module "fastcgi-stream" {
  import type { EventEmitter } from "node:events";

  interface FastCGIRecord {
    getSize(): number;
    write(target: Buffer): void;
  }
  class FastCGIStream extends EventEmitter {
    constructor(socket: EventEmitter);
    writeRecord(requestId: number, record: FastCGIRecord): unknown;
  }
  const fastcgi: {
    FastCGIStream: typeof FastCGIStream;
    records: {
      BeginRequest: new (role: number, flags: number) => FastCGIRecord;
      Params: new (params: readonly (readonly [string, string])[]) => FastCGIRecord;
      StdIn: new (data?: Buffer) => FastCGIRecord;
      StdOut: new (data?: Buffer) => FastCGIRecord;
    };
  };
  export default fastcgi;
}

declare module "fastcgi-parser" {
  interface Header {
    version: number;
    type: number;
    recordId: number;
    contentLength: number;
    paddingLength: number;
  }
  class Parser {
    encoding: "utf8" | "ascii" | "binary";
    onRecord(record: { header: Header; body: unknown }): void;
    execute(chunk: Buffer, start: number, end: number): void;
  }
  class Writer {
    encoding: "utf8" | "ascii" | "binary";
    writeHeader(header: Header): void;
    writeBegin(begin: { role: number; flags: number }): void;
    writeParams(params: readonly (readonly [string, string])[]): void;
    writeBody(body: Buffer): void;
    tobuffer(): Buffer;
  }
  const fastcgi: {
    parser: typeof Parser;
    writer: typeof Writer;
    getParamLength(params: readonly (readonly [string, string])[]): number;
  };
  export default fastcgi;
}
