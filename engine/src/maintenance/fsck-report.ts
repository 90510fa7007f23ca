import { isEngineError } from '../errors/index.ts'
import type { Refset } from '../format/index.ts'
import type { ObjectStore } from '../store/index.ts'
import type { StoredVault } from '../vault/index.ts'

export interface FsckProblem {
  /** An engine error code, or `object.unknown`, `refset.incomplete`, `segment.missing`, `segment.repeated`. */
  readonly code: string
  /** Key of the object concerned. */
  readonly object: string
  readonly message: string
}

export interface FsckCounts {
  packs: number
  packBytes: number
  segments: number
  blobs: number
  snapshots: number
  /** Of them: those that are whole though their own refsets name what is lost, for it was sent again. */
  snapshotsHealed: number
  /** Blobs reached from snapshots, counted once a snapshot. */
  blobsReached: number
}

export interface FsckReport {
  readonly ok: boolean
  readonly problems: readonly FsckProblem[]
  readonly counts: Readonly<FsckCounts>
}

/** What one check works with. */
export interface FsckTask {
  readonly store: ObjectStore
  /** A `Vault` opens everything, a `SealedVault` what its hub may; null = without keys: structure, checksums, refsets and signatures. */
  readonly vault: StoredVault | null
  /** False = footers and trees only. */
  readonly readData: boolean
  readonly findings: FsckFindings
  readonly signal: AbortSignal | undefined
  /** By the id of a snapshot in hex: where the rest of it lies. */
  readonly beyondRefset: ReadonlyMap<string, Refset>
}

/** More than this many problems are counted but not kept: the first ones tell the story. */
const keptProblems = 1000

export class FsckFindings {
  readonly counts: FsckCounts = { packs: 0, packBytes: 0, segments: 0, blobs: 0, snapshots: 0, snapshotsHealed: 0, blobsReached: 0 }
  readonly #problems: FsckProblem[] = []
  #found = 0

  add(code: string, object: string, message: string): void {
    this.#found++
    if (this.#problems.length < keptProblems) this.#problems.push({ code, object, message })
  }

  /** Runs one check: what it throws becomes a problem of the object, and the rest goes on. */
  async check(object: string, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error
      this.add(isEngineError(error) ? error.code : 'internal', object, error instanceof Error ? error.message : String(error))
    }
  }

  report(): FsckReport {
    return { ok: this.#found === 0, problems: this.#problems, counts: this.counts }
  }
}
