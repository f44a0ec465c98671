import { defineConfig } from "vitest/config";

// Applications are started, killed and waited for; a dead one waits a second or more until it is started again.
export default defineConfig({ test: { testTimeout: 120_000, hookTimeout: 120_000 } });
