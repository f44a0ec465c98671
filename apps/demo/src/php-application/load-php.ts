import { createNodeFsMountHandler, loadNodeRuntime } from "@php-wasm/node";
import { PHP } from "@php-wasm/universal";

/**
 * Loads PHP, some 25 MB of WebAssembly.
 *
 * @param folders what PHP gets to see of this machine's files, each under its own path
 */
export async function loadPhp(folders: readonly string[]): Promise<PHP> {
  // With the number of a process PHP says it as its own.
  const php = new PHP(await loadNodeRuntime("8.4", { emscriptenOptions: { processId: process.pid } }));
  for (const folder of folders) {
    php.mkdir(folder);
    await php.mount(folder, createNodeFsMountHandler(folder));
  }
  return php;
}
