/**
 * Compiles the AssemblyScript sources beside it and writes each as base64 into a module of src, so that neither a user nor a
 * bundler needs the compiler or a file beside the code.
 *
 *   node engine/assembly/build.mjs            writes the files
 *   node engine/assembly/build.mjs --check    exit status 1 if a committed file is not what its source compiles to
 */
import { readFile, writeFile } from 'node:fs/promises'
import asc from 'assemblyscript/asc'

// 384 KiB; what the compiler places lies between the scratch places, which end at 480, and the input at 1024.
const blake3Memory = ['--initialMemory', '6', '--memoryBase', '512']
const parts = [
  { name: 'fast-cdc', target: 'chunker/fast-cdc-wasm.ts', constant: 'fastCdcWasmBase64', options: [] },
  { name: 'blake3', target: 'blob-id/blake3-wasm.ts', constant: 'blake3WasmBase64', options: ['--enable', 'simd', ...blake3Memory] },
  {
    name: 'blake3',
    target: 'blob-id/blake3-wasm-without-vectors.ts',
    constant: 'blake3WithoutVectorsWasmBase64',
    options: ['--disable', 'simd', ...blake3Memory],
  },
]

/** BLAKE3: word i of the next round is word permutation[i] of this one. */
const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]

/** Writes the lines between `// round` and `// end of round` seven times, each with the words m0 … m15 renamed. */
function withRounds(source) {
  return source.replace(/ *\/\/ round:[^]*?\n( *[^/ ][^]*?)\n *\/\/ end of round\n/, (_whole, round) => {
    let words = permutation.map((_, word) => word)
    const rounds = []
    for (let count = 0; count < 7; count++) {
      const now = words
      rounds.push(round.replaceAll(/\bm(\d+)\b/g, (_name, word) => `m${now[word]}`))
      words = permutation.map((from) => now[from])
    }
    return `${rounds.join('\n')}\n`
  })
}

async function compile({ name, options }) {
  const sourceName = `${name}.as.ts`
  let wasm
  const all = [sourceName, '--outFile', `${name}.wasm`, '--runtime', 'stub', '--noAssert', '-O3', ...options]
  const { error, stderr } = await asc.main(all, {
    readFile: async (asked) => {
      // The compiler also asks for what a name might mean otherwise: only what lies here is there.
      const source = await readFile(new URL(asked, import.meta.url), 'utf8').catch(() => null)
      return source === null ? null : withRounds(source)
    },
    writeFile: (_name, contents) => {
      wasm = contents
    },
    listFiles: () => [],
  })
  if (error || !wasm) throw new Error(`AssemblyScript did not compile ${sourceName}: ${stderr}`, { cause: error })
  return Buffer.from(wasm).toString('base64')
}

for (const part of parts) {
  const lines = (await compile(part)).match(/.{1,120}/g)
  const text = `// Made by engine/assembly/build.mjs from ${part.name}.as.ts; do not edit. A test compiles it again and compares.
export const ${part.constant} =
${lines.map((line) => `  '${line}'`).join(' +\n')}
`
  const target = new URL(`../src/${part.target}`, import.meta.url)
  if (!process.argv.includes('--check')) await writeFile(target, text)
  else if ((await readFile(target, 'utf8')) !== text) {
    console.error(`src/${part.target} is not what ${part.name}.as.ts compiles to. Run: node engine/assembly/build.mjs`)
    process.exitCode = 1
  }
}
