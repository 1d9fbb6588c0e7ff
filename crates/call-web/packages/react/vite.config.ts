import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// One module and one style sheet; whatever the consumer has too stays outside.
export default defineConfig({
  plugins: [react()],
  build: {
    lib: { entry: "src/entry.ts", formats: ["es"], fileName: "index", cssFileName: "styles" },
    sourcemap: true,
    rolldownOptions: {
      external: [/^react($|\/)/, /^react-dom($|\/)/, "call-client", "lucide-react"],
    },
  },
});
