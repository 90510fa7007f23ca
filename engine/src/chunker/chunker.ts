import { invariant } from '../errors/index.ts'
import { chunkerProfiles, cutBits, requireChunkLimits } from './chunk-limits.ts'
import type { ChunkerProfile, ChunkLimits } from './chunk-limits.ts'
import { fastCdcWasmBase64 } from './fast-cdc-wasm.ts'
import { deriveGearTable } from './gear-table.ts'

/** What we use of WebAssembly: it is no part of the language's own types. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: FastCdcExports }
}

interface FastCdcExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  readonly minBytes: { value: number }
  readonly normalBytes: { value: number }
  readonly maxBytes: { value: number }
  readonly strictLimit: { value: bigint }
  readonly looseLimit: { value: bigint }
  findCut(start: number, available: number): number
}

const pageBytes = 64 * 1024
// The gear table lies in the first page; bytes to cut start at the second.
const bufferAddress = pageBytes
const smallestBufferBytes = 8 * 1024 * 1024

let compiled: object | undefined

/** Cuts bytes that lie in its own buffer. Holds no state between calls; not for use by two readers at once. */
export interface Chunker {
  readonly limits: ChunkLimits
  /** Memory of the WASM instance, at least 8 MiB and twice `maxBytes`: read files straight into it. It never moves. */
  readonly buffer: Uint8Array
  /**
   * Length of the chunk that starts at `start`, where bytes are present up to `end` (offsets in `buffer`).
   *
   * @param isLast nothing follows `end`: what is left is cut even without a boundary.
   * @returns 0 if more bytes are needed, or if there are none. Never 0 for `maxBytes` bytes or more.
   */
  nextCut(start: number, end: number, isLast: boolean): number
}

/**
 * A content-defined chunker: FastCDC with Gear-64, keyed, normalisation level 2, in WebAssembly.
 *
 * The rule, which is part of vault format 1 (the same bytes and key give the same cuts for ever; goldens/format-1/chunker.json
 * holds it, and the JavaScript twin in fast-cdc-js.ts states it a second time). For a chunk that starts at byte s of a stream:
 *
 * 1. hash = 0. The first `minBytes` bytes are not looked at.
 * 2. For i = minBytes, minBytes + 1, …: hash = (hash · 2 + table[byte s + i]) mod 2^64. With n = log2(normalBytes): if the top
 *    n + 2 bits of the hash (i < normalBytes) or the top n − 2 bits (i ≥ normalBytes) are all zero, the chunk is bytes s … s + i.
 * 3. A chunk that reached `maxBytes` ends there. The last one ends with the stream.
 *
 * So every chunk but the last has more than `minBytes` and at most `maxBytes` bytes. A stream is one data range of a file
 * between holes. Files below 256 KiB are one blob in the format: the caller does not bring them here.
 *
 * Speed: 2.4 GB/s of random bytes on one core, 1.3–1.6 while the other core is busy (2-core Xeon at 2.5 GHz, Node 24.21,
 * 2026-11-21; profile standard, counting the skipped bytes).
 *
 * @param gearKey 32 bytes, `K_cdc` of the domain.
 * @throws EngineError `chunker.limits-invalid`
 */
export function createChunker(gearKey: Uint8Array, profile: ChunkerProfile | ChunkLimits): Chunker {
  const limits = typeof profile === 'string' ? chunkerProfiles[profile] : profile
  requireChunkLimits(limits)
  const wasm = instantiate()
  const capacityBytes = Math.max(smallestBufferBytes, Math.ceil((2 * limits.maxBytes) / pageBytes) * pageBytes)
  wasm.memory.grow((bufferAddress + capacityBytes) / pageBytes)
  new Uint8Array(wasm.memory.buffer).set(deriveGearTable(gearKey), 0)
  wasm.minBytes.value = limits.minBytes
  wasm.normalBytes.value = limits.normalBytes
  wasm.maxBytes.value = limits.maxBytes
  // "The top n bits are zero" and "below 2^(64-n)" are the same.
  const bits = cutBits(limits)
  wasm.strictLimit.value = 1n << BigInt(64 - bits.strict)
  wasm.looseLimit.value = 1n << BigInt(64 - bits.loose)
  return {
    limits,
    buffer: new Uint8Array(wasm.memory.buffer, bufferAddress, capacityBytes),
    nextCut(start, end, isLast) {
      // WASM would read its memory outside the buffer without complaint.
      invariant(start >= 0 && start <= end && end <= capacityBytes, 'a range to cut lies inside the buffer')
      const cut = wasm.findCut(bufferAddress + start, end - start)
      return cut === 0 && isLast ? end - start : cut
    },
  }
}

function instantiate(): FastCdcExports {
  compiled ??= new WebAssembly.Module(Buffer.from(fastCdcWasmBase64, 'base64'))
  return new WebAssembly.Instance(compiled).exports
}
