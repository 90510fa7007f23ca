/**
 * Compiles fast-cdc.as.ts and writes it as base64 into src/chunker/fast-cdc-wasm.ts, so that neither a user nor a
 * bundler needs the compiler or a file beside the code.
 *
 *   node engine/assembly/build.mjs            writes the file
 *   node engine/assembly/build.mjs --check    exit status 1 if the committed file is not what the source compiles to
 */
import { readFile, writeFile } from 'node:fs/promises'
import asc from 'assemblyscript/asc'

const sourceName = 'fast-cdc.as.ts'
const source = await readFile(new URL(sourceName, import.meta.url), 'utf8')
const target = new URL('../src/chunker/fast-cdc-wasm.ts', import.meta.url)

let wasm
const { error, stderr } = await asc.main([sourceName, '--outFile', 'fast-cdc.wasm', '--runtime', 'stub', '--noAssert', '-O3'], {
  readFile: (name) => (name === sourceName ? source : null),
  writeFile: (_name, contents) => {
    wasm = contents
  },
  listFiles: () => [],
})
if (error || !wasm) throw new Error(`AssemblyScript did not compile ${sourceName}: ${stderr}`, { cause: error })

const lines = Buffer.from(wasm)
  .toString('base64')
  .match(/.{1,120}/g)
const text = `// Made by engine/assembly/build.mjs from ${sourceName}; do not edit. A test compiles it again and compares.
export const fastCdcWasmBase64 =
${lines.map((line) => `  '${line}'`).join(' +\n')}
`

if (!process.argv.includes('--check')) await writeFile(target, text)
else if ((await readFile(target, 'utf8')) !== text) {
  console.error('src/chunker/fast-cdc-wasm.ts is not what fast-cdc.as.ts compiles to. Run: node engine/assembly/build.mjs')
  process.exitCode = 1
}
