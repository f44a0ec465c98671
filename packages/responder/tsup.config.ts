import type { Options } from "tsup";

const config: Options = {
  entry: ["src/index.ts", "src/cli/main.ts", "src/node/index.ts", "src/workers/worker.ts"],
  format: "esm",
  dts: true,
  sourcemap: true,
  clean: true,
  target: "node22",
};

export default config;
