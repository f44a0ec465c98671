// Prints what is said of each of the configurations that are named, as a list of JSON. A program of its own: vitest runs modules in its own way.
import { expandConfig } from "../../src/config/expand.ts";
import { loadConfig } from "../../src/config/load.ts";

const said = [];
for (const path of process.argv.slice(2)) {
  try {
    const { config, source } = await loadConfig(path);
    expandConfig(config, source);
    said.push("nothing");
  } catch (error) {
    said.push(error?.code === "FCGI_ERR_CONFIG" ? error.message : String(error?.stack));
  }
}
process.stdout.write(JSON.stringify(said));
