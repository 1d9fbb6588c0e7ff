import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// One module and one style sheet; whatever the consumer has too stays outside. Served (`npm run
// fixtures`), it shows every state of a call with drawn pictures; that page is not shipped.
export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["call-source", "module", "browser", "development|production"] },
  server: { host: "127.0.0.1" },
  build: {
    lib: { entry: "src/entry.ts", formats: ["es"], fileName: "index", cssFileName: "styles" },
    sourcemap: true,
    rolldownOptions: {
      external: [/^react($|\/)/, /^react-dom($|\/)/, "call-client", "lucide-react"],
    },
  },
});
