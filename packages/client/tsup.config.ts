import type { Options } from "tsup";

const config: Options = {
  entry: ["src/index.ts", "src/cli/main.ts", "src/mock/index.ts", "src/php-fpm/index.ts"],
  format: "esm",
  dts: true,
  sourcemap: true,
  clean: true,
  target: "node22",
};

export default config;
