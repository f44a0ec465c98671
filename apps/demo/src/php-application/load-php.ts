import { createNodeFsMountHandler, loadNodeRuntime } from "@php-wasm/node";
import { PHP } from "@php-wasm/universal";

/**
 * Loads PHP, some 25 MB of WebAssembly.
 *
 * @param folders what PHP gets to see of this machine's files, each under its own path
 */
export async function loadPhp(folders: readonly string[]): Promise<PHP> {
  // With the number of a process PHP says it as its own.
  const recreateRuntime = (): Promise<number> =>
    loadNodeRuntime("8.4", { emscriptenOptions: { processId: process.pid } });
  const php = new PHP(await recreateRuntime());
  for (const folder of folders) {
    php.mkdir(folder);
    await php.mount(folder, createNodeFsMountHandler(folder));
  }
  // A runtime loses file descriptors with each request; its makers replace it after 400, their default here.
  php.enableRuntimeRotation({ recreateRuntime });
  return php;
}
