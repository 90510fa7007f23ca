/** What is varied, one size at a time. Imports nothing of the engine: it is loaded before the sizes are changed. */

const KiB = 1024
const MiB = 1024 * KiB

export type SizeKind = 'bundle' | 'pack' | 'chunk' | 'threads'

/** What a run does otherwise than the engine does by itself. */
export interface Variation {
  /** As the table says it. */
  readonly name: string
  /** It is as the engine has it. */
  readonly isPresent: boolean
  /** Constants of the engine's modules. */
  readonly constants: readonly ChangedConstant[]
  readonly chunker: { readonly minBytes: number; readonly normalBytes: number; readonly maxBytes: number } | 'standard'
  /** That seal in a backup, and open in a restore. */
  readonly threads: number
}

export interface ChangedConstant {
  /** How the module's path ends. */
  readonly module: string
  readonly name: string
  readonly bytes: number
}

/** What the reference machine has, two processors, makes an agent use. */
const usualThreads = 2
/** No segment is opened that holds more (docs/vault-format.md §8), so no chunk can be longer. */
const longestChunkBytes = 8 * MiB

const usual: Omit<Variation, 'name'> = { isPresent: false, constants: [], chunker: 'standard', threads: usualThreads }
const nameOf = (bytes: number): string => (bytes < MiB ? `${bytes / KiB} KiB` : `${bytes / MiB} MiB`)

function bundleOf(bytes: number): Variation {
  const session = 'engine/src/vault/session/segment-limits.ts'
  const constants = [
    { module: session, name: 'bundleBytes', bytes },
    { module: session, name: 'ownSegmentBytes', bytes: bytes / 2 },
    { module: 'engine/src/vault/remote-source.ts', name: 'bundleBytes', bytes },
  ]
  return { ...usual, name: nameOf(bytes), isPresent: bytes === 256 * KiB, constants }
}

function packOf(bytes: number): Variation {
  const constants = [{ module: 'engine/src/format/pack.ts', name: 'targetPackBytes', bytes }]
  return { ...usual, name: nameOf(bytes), isPresent: bytes === 16 * MiB, constants }
}

/** A quarter and four times the middle, as they are now; the largest is cut at what a segment may hold, and a slab holds a whole chunk. */
function chunkOf(normalBytes: number): Variation {
  const maxBytes = Math.min(4 * normalBytes, longestChunkBytes)
  const constants =
    maxBytes > 4 * MiB ? [{ module: 'engine/src/chunker/chunk-limits.ts', name: 'largestChunkBytes', bytes: longestChunkBytes }] : []
  const chunker = { minBytes: normalBytes / 4, normalBytes, maxBytes }
  return { ...usual, name: nameOf(normalBytes), isPresent: normalBytes === MiB, constants, chunker }
}

const threadsOf = (threads: number): Variation => ({ ...usual, name: `${threads}`, isPresent: threads === usualThreads, threads })

export const variations: Readonly<Record<SizeKind, readonly Variation[]>> = {
  bundle: [64 * KiB, 128 * KiB, 256 * KiB, 512 * KiB, MiB].map(bundleOf),
  pack: [4 * MiB, 8 * MiB, 16 * MiB, 32 * MiB].map(packOf),
  chunk: [256 * KiB, 512 * KiB, MiB, 2 * MiB, 4 * MiB].map(chunkOf),
  threads: [1, 2, 3, 4].map(threadsOf),
}

export const isSizeKind = (name: string | undefined): name is SizeKind => name !== undefined && Object.hasOwn(variations, name)
