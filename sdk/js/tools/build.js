// Builds dist/: one module for browsers, its types in one file, and holds the module to its size.

import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const MOST_BYTES = 10_000;

await build({
  entryPoints: ["src/index.ts"],
  outfile: "dist/ownid.js",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
});
const types = await rollup({
  input: "src/index.ts",
  // Nobody who uses the types needs what they were generated with.
  plugins: [dts({ respectExternal: true })],
});
const { output } = await types.write({ file: "dist/ownid.d.ts", format: "es" });
await types.close();
if (output[0].imports.length) throw new Error(`dist/ownid.d.ts needs ${output[0].imports}.`);

const bytes = gzipSync(await readFile("dist/ownid.js"), { level: 9 }).length;
console.log(`dist/ownid.js: ${bytes} bytes gzipped, of ${MOST_BYTES} at most.`);
if (bytes > MOST_BYTES) process.exitCode = 1;
