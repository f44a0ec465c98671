import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

// Whole sites with a PHP of their own, in a browser: one file after the other, since each of them uses all cores by itself.
const config: ViteUserConfig = defineConfig({
  test: { include: ["sites/*.test.ts"], testTimeout: 120_000, hookTimeout: 240_000, fileParallelism: false },
});
// oxlint-disable-next-line import/no-default-export -- what vitest reads
export default config;
