import { copyBytes, equalBytes } from '../bytes/index.ts'
import { invariant } from '../errors/index.ts'
import { blobIdBytes, blobTypes, maxRawSegmentBytes, type BlobType } from '../format/index.ts'
import { blake3WasmBase64 } from './blake3-wasm.ts'
import { blake3WithoutVectorsWasmBase64 } from './blake3-wasm-without-vectors.ts'

/** What we use of WebAssembly: it is no part of the language's own types. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: Blake3Exports }
}

interface Blake3Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly key: { readonly value: number }
  readonly output: { readonly value: number }
  readonly input: { readonly value: number }
  take(bytes: number, chunksBefore: number, isLast: boolean): void
}

/** What is hashed at once: stays in the second-level cache with its copy. The WebAssembly's memory has room for no more. */
const pieceBytes = 64 * 1024
const chunkBytes = 1024
const keyBytes = 32

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))

function compile(): object {
  try {
    return new WebAssembly.Module(bytesOf(blake3WasmBase64))
  } catch {
    // V8 has vectors on x86 from SSE4.1 on (2008; AMD 2011), and virtual machines may hide them: there it is some ten times slower.
    return new WebAssembly.Module(bytesOf(blake3WithoutVectorsWasmBase64))
  }
}

/** One for all hashers of a thread: 384 KiB of memory, of which every call uses what it needs and leaves nothing behind that counts. */
class Blake3 {
  readonly #wasm: Blake3Exports
  readonly #memory: Uint8Array
  /** Whose key lies in the memory. */
  #key: Uint8Array | null = null

  constructor() {
    this.#wasm = new WebAssembly.Instance(compile()).exports
    this.#memory = new Uint8Array(this.#wasm.memory.buffer)
  }

  /** BLAKE3 keyed_hash. @returns a view that the next call writes over */
  hash(key: Uint8Array, bytes: Uint8Array): Uint8Array {
    // It would write its memory beyond the values' place without complaint.
    invariant(bytes.length <= maxRawSegmentBytes, 'a blob is no longer than a segment may be')
    if (this.#key !== key) {
      this.#memory.set(key, this.#wasm.key.value)
      this.#key = key
    }
    const input = this.#wasm.input.value
    let at = 0
    for (; bytes.length - at > pieceBytes; at += pieceBytes) {
      this.#memory.set(bytes.subarray(at, at + pieceBytes), input)
      this.#wasm.take(pieceBytes, at / chunkBytes, false)
    }
    this.#memory.set(at === 0 ? bytes : bytes.subarray(at), input)
    this.#wasm.take(bytes.length - at, at / chunkBytes, true)
    const output = this.#wasm.output.value
    return this.#memory.subarray(output, output + blobIdBytes)
  }
}

let blake3: Blake3 | undefined

/** Ids of blobs in one domain (docs/vault-format.md §6). Runs in browsers too; there in a worker, since it compiles its code at once. */
export interface BlobHasher {
  /** 32 bytes of their own. */
  idOf(type: BlobType, bytes: Uint8Array): Uint8Array
  /** Whether `id` is the id of these bytes: what every reader asks before it uses them. */
  isIdOf(type: BlobType, bytes: Uint8Array, id: Uint8Array): boolean
  /** Writes the 32 bytes to `into` at `offset`. */
  writeId(type: BlobType, bytes: Uint8Array, into: Uint8Array, offset: number): void
}

/**
 * BLAKE3 in WebAssembly with 128-bit vectors, on the calling thread.
 *
 * Speed (one core of an AMD EPYC with SHA instructions, Node 24.21, best of 400, 2026-11-22; beside it HMAC-SHA-256 of node:crypto): 200 B in
 * 0.4 µs (2.0), 4 KiB in 2.7 µs (4.2), 1 MiB at 1.6 GB/s (1.8). Without SHA instructions HMAC-SHA-256 reaches 0.4 GB/s (docs/adr/0013).
 *
 * @param idKey `K_id`, 32 bytes
 */
export function createBlobHasher(idKey: Uint8Array): BlobHasher {
  blake3 ??= new Blake3()
  const hasher = blake3
  invariant(idKey.length === keyBytes, 'the key of blob ids has 32 bytes')
  // At once, and from a copy: what becomes of the caller's buffer afterwards changes no id.
  const key = copyBytes(idKey)
  const label = new TextEncoder().encode('holdfast-1 blob')
  const keys: Uint8Array[] = []
  for (const type of Object.values(blobTypes)) keys[type] = hasher.hash(key, Uint8Array.of(...label, type)).slice()
  const hash = (type: BlobType, bytes: Uint8Array): Uint8Array => hasher.hash(keys[type]!, bytes)
  return {
    idOf: (type, bytes) => hash(type, bytes).slice(),
    isIdOf: (type, bytes, id) => equalBytes(hash(type, bytes), id),
    writeId: (type, bytes, into, offset) => into.set(hash(type, bytes), offset),
  }
}
