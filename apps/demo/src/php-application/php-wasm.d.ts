// The part that is used of PHP in WebAssembly. The packages bring types that Node's way to find modules cannot read, and they
// are optional: this compiles without them.

declare module "@php-wasm/node" {
  import type { PHP } from "@php-wasm/universal";

  export type MountHandler = (php: PHP, fileSystem: unknown, path: string) => unknown;
  /** Shows PHP a folder of this machine. */
  export function createNodeFsMountHandler(folder: string): MountHandler;
  /** Loads one version of PHP; the number is for `new PHP`. */
  export function loadNodeRuntime(
    version: "8.4",
    options: { emscriptenOptions: { processId: number } },
  ): Promise<number>;
}

declare module "@php-wasm/universal" {
  import type { MountHandler } from "@php-wasm/node";

  export interface PHPRunOptions {
    scriptPath: string;
    relativeUri: string;
    protocol: string;
    method: string;
    headers: Record<string, string>;
    body: Uint8Array;
    $_SERVER: Record<string, string>;
  }

  export interface StreamedPHPResponse {
    readonly httpStatusCode: Promise<number>;
    readonly headers: Promise<Record<string, string[]>>;
    readonly stdout: ReadableStream<Uint8Array>;
    readonly stderrText: Promise<string>;
    readonly exitCode: Promise<number>;
  }

  export class PHP {
    constructor(runtime: number);
    mkdir(path: string): void;
    mount(path: string, handler: MountHandler): Promise<unknown>;
    /** Goes on in a new runtime after so many requests. */
    enableRuntimeRotation(options: { recreateRuntime: () => Promise<number>; maxRequests?: number }): void;
    /** Called for each `post_message_to_js()` of a script. */
    onMessage(listener: (message: string) => void): unknown;
    runStream(options: PHPRunOptions): Promise<StreamedPHPResponse>;
  }
}
