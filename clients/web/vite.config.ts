// Builds the page into `dist` (or where the server's build says), with packed twins of its files beside them.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { type Plugin, defineConfig } from "vitest/config";

/** Files that are packed: others are packed already, or too small to be worth it. */
const PACKED = /\.(js|css|wasm|svg|json)$/;
const PACKED_BYTES_MIN = 1024;

/** Writes `.br` and `.gz` beside each file, so that the server packs nothing while it serves. */
function packed(): Plugin {
  let folder = "dist";
  return {
    name: "plenary-packed",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      const assets = join(folder, "assets");
      // A build that failed has made none, and has said why.
      if (!existsSync(assets)) return;
      for (const name of readdirSync(assets).filter((name) => PACKED.test(name))) {
        const content = readFileSync(join(assets, name));
        if (content.length < PACKED_BYTES_MIN) continue;
        const parameters = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
        writeFileSync(join(assets, `${name}.br`), brotliCompressSync(content, { params: parameters }));
        writeFileSync(join(assets, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

const server = process.env.PLENARY_URL ?? "http://127.0.0.1:7400";

export default defineConfig({
  plugins: [svelte(), packed()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 900 },
  server: { host: "127.0.0.1", proxy: { "/api": server, "/live": { target: server, ws: true } } },
  // `npm run live` needs a server that was built; the others need nothing.
  test: { include: [process.env.LIVE ? "tests/live/*.test.ts" : "src/**/*.test.ts"], environment: "node", testTimeout: 30_000 },
});
