import type { Options } from "tsup";

const config: Options = {
  entry: ["src/index.ts", "src/node/index.ts"],
  format: "esm",
  dts: true,
  sourcemap: true,
  clean: true,
  target: "node22",
};

export default config;
