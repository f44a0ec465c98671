import { expect, test } from "vitest";

import { readOptions } from "../src/options.ts";

test.for([
  { argv: [], phpRuntime: "auto", rest: [], asks: false },
  { argv: ["--", "--listen", ":8081"], phpRuntime: "auto", rest: ["--listen", ":8081"], asks: false },
  { argv: ["--php-runtime", "wasm", "-v"], phpRuntime: "wasm", rest: ["-v"], asks: false },
  { argv: ["-v", "--php-runtime=fpm"], phpRuntime: "fpm", rest: ["-v"], asks: false },
  { argv: ["--help"], phpRuntime: "auto", rest: ["--help"], asks: true },
  { argv: ["-V"], phpRuntime: "auto", rest: ["-V"], asks: true },
])("$argv", ({ argv, ...options }) => {
  expect(readOptions(argv)).toEqual(options);
});

test.for([[["--php-runtime"]], [["--php-runtime", "HHVM"]], [["--php-runtime="]]])("%j is a mistake", ([argv]) => {
  expect(() => readOptions(argv ?? [])).toThrow(/^--php-runtime is one of auto, fpm, wasm, not/);
});
