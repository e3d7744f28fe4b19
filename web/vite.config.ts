import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { exampleCity } from "./dev/plugin.ts";

export default defineConfig(({ command }) => ({
  plugins: [react(), command === "serve" && !process.env.VITEST && exampleCity()],
  server: process.env.S4_URL
    ? { proxy: Object.fromEntries(["/api", "/healthz", "/readyz"].map((path) => [path, process.env.S4_URL as string])) }
    : {},
  build: {
    outDir: "../src/s4/picture/page",
    emptyOutDir: true,
    target: "es2023",
    // The map library alone is larger than the default limit; it is loaded after the list is on the screen.
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: "es" },
  test: { include: ["test/**/*.test.ts"] },
}));
