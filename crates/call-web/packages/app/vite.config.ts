import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = "http://127.0.0.1:8080";

// `npm run dev` serves the app with the API of a server that runs beside it.
export default defineConfig({
  plugins: [react()],
  resolve: {
    conditions: ["call-source", "module", "browser", "development|production"],
    dedupe: ["react", "react-dom"],
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: {
      // The Host stays the page's own, so that the server sees one origin.
      "/api": { target: server, changeOrigin: false },
      "/ws": { target: server, changeOrigin: false, ws: true },
    },
  },
  build: { target: "es2022", assetsInlineLimit: 0 },
});
