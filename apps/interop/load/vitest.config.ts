import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

// Many requests, minutes long: not part of npm test.
const config: ViteUserConfig = defineConfig({
  test: { include: ["load/*.test.ts"], testTimeout: 300_000, hookTimeout: 60_000, fileParallelism: false },
});
// oxlint-disable-next-line import/no-default-export -- what vitest reads
export default config;
