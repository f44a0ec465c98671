import type { Options } from "tsup";

const config: Options = {
  entry: [
    "src/index.ts",
    "src/session/index.ts",
    "src/cgi/index.ts",
    "src/scgi/index.ts",
    "src/address.ts",
    "src/errors.ts",
    "src/timers.ts",
  ],
  format: "esm",
  dts: true,
  sourcemap: true,
  clean: true,
  target: "es2023",
  platform: "neutral",
};

export default config;
