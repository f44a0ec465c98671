// The part that is used of PHP in WebAssembly: the packages' own types need a module resolution that Node does not have.

declare module "@php-wasm/node" {
  import type { MountHandler } from "@php-wasm/universal";

  /** Shows PHP a folder of this machine. */
  export function createNodeFsMountHandler(folder: string): MountHandler;
  /** Loads one version of PHP; the number is for `new PHP`. */
  export function loadNodeRuntime(
    version: "8.4",
    options: { emscriptenOptions: { processId: number } },
  ): Promise<number>;
}

declare module "@php-wasm/universal" {
  export type MountHandler = (php: PHP, fileSystem: unknown, path: string) => unknown;

  export class PHP {
    constructor(runtime: number);
    mkdir(path: string): void;
    mount(path: string, handler: MountHandler): Promise<unknown>;
    /** Goes on in a new runtime after so many requests. */
    enableRuntimeRotation(options: { recreateRuntime: () => Promise<number>; maxRequests?: number }): void;
    run(options: { scriptPath: string; relativeUri: string; method: string }): Promise<{ bytes: Uint8Array }>;
  }
}
