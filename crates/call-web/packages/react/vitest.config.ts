import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["call-source"] },
  ssr: { resolve: { conditions: ["call-source"] } },
  test: {
    environment: "happy-dom",
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: ["test/setup.ts"],
    css: false,
    // A machine that compiles meanwhile is slow, not wrong.
    testTimeout: 60_000,
  },
});
