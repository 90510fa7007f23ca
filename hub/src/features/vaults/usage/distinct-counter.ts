import { setTimeout as delay } from 'node:timers/promises'
import type { SnapshotId, VaultId, VaultUsage } from '@holdfast/shared-types'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { requireOpened } from '../contents/snapshot-record.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { ReadRangeDeps } from '../reading/read-pack-range.ts'
import { SegmentReader } from '../reading/segment-reader.ts'
import { countCommitted, pageSnapshots, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import { Brake } from './brake.ts'
import { DistinctContent, type CountedSnapshot } from './distinct-content.ts'

export interface DistinctCounterDeps extends ReadRangeDeps {
  readonly refsets: SnapshotRefsets
  readonly now: () => number
}

export type DistinctUsage = Pick<VaultUsage, 'distinct' | 'distinctState'>

interface Counting {
  content: DistinctContent
  counted: Set<SnapshotId>
  logicalBytes: number
  distinct: VaultUsage['distinct']
  isRunning: boolean
  failedAtMs: number | null
}

interface CountReading {
  readonly reader: SegmentReader
  readonly brake: Brake
}

/** Who asks for a small vault gets the whole answer at once. */
const patienceMs = 400
/** A vault that is damaged stays so: it is not read through again with every look at it. */
const failureMemoryMs = 10 * 60_000
const snapshotsPerPage = 200

/** Counts distinct content of vaults beside the hub's work, and slower than it could: one snapshot after the other, each once as long as the hub runs. */
export class DistinctCounter {
  readonly #deps: DistinctCounterDeps
  readonly #byVault = new Map<VaultId, Counting>()
  readonly #stopping = new AbortController()

  constructor(deps: DistinctCounterDeps) {
    this.#deps = deps
  }

  /** What is known now; counting what is new goes on after the answer. */
  async of(vault: ManagedVault): Promise<DistinctUsage> {
    const counting = this.#countingOf(vault)
    if (!counting.isRunning) {
      const isRecentFailure = counting.failedAtMs !== null && this.#deps.now() - counting.failedAtMs < failureMemoryMs
      if (isRecentFailure) return { distinct: null, distinctState: 'failed' }
      const hasNew = await this.#hasNew(vault, counting)
      // Somebody else may have begun while the database was asked.
      if (hasNew && !counting.isRunning) await Promise.race([this.#count(vault, counting), delay(patienceMs, undefined, { ref: false })])
    }
    const known = this.#countingOf(vault)
    if (known.failedAtMs !== null) return { distinct: null, distinctState: 'failed' }
    return { distinct: known.distinct, distinctState: known.isRunning ? 'counting' : 'current' }
  }

  /** Ends with what is being read at the moment, and begins nothing new. */
  stop(): void {
    this.#stopping.abort()
  }

  #countingOf({ id }: ManagedVault): Counting {
    const known = this.#byVault.get(id)
    if (known !== undefined) return known
    const fresh = newCounting()
    this.#byVault.set(id, fresh)
    return fresh
  }

  /** Or something gone: then their number differs too. */
  async #hasNew(vault: ManagedVault, { counted, distinct }: Counting): Promise<boolean> {
    return distinct === null || (await countCommitted(this.#deps.database.em(), vault.id)) !== counted.size
  }

  async #count(vault: ManagedVault, counting: Counting): Promise<void> {
    const { log, now } = this.#deps
    counting.isRunning = true
    counting.failedAtMs = null
    try {
      // Its own cache: what people browse stays in theirs.
      const reading = { reader: new SegmentReader(this.#deps), brake: new Brake(this.#stopping.signal) }
      if ((await this.#countNew(vault, counting, reading)) < counting.counted.size) {
        // One that was counted is gone, and its content cannot be taken away again.
        Object.assign(counting, { ...newCounting(), isRunning: true })
        await this.#countNew(vault, counting, reading)
      }
      const { content, counted, logicalBytes } = counting
      counting.distinct = { bytes: content.bytes, logicalBytes, snapshots: counted.size, countedAtMs: now() }
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      log.warn({ event: 'vault.not-counted', vaultId: vault.id, err: error }, 'The distinct content of a vault could not be counted')
      // Half a snapshot is counted: begun anew after a while.
      this.#byVault.set(vault.id, { ...newCounting(), failedAtMs: now() })
    } finally {
      counting.isRunning = false
    }
  }

  /** @returns how many there are. */
  async #countNew(vault: ManagedVault, counting: Counting, reading: CountReading): Promise<number> {
    let there = 0
    for await (const snapshot of this.#committed(vault)) {
      await reading.brake.pass()
      there++
      if (!counting.counted.has(snapshot.id)) await this.#countOne(vault, counting, reading, snapshot)
    }
    return there
  }

  async *#committed(vault: ManagedVault): AsyncGenerator<SnapshotRecord> {
    let after: SnapshotId | null = null
    for (;;) {
      const page: SnapshotRecord[] = await pageSnapshots(this.#deps.database.em(), vault.id, after, snapshotsPerPage)
      yield* page
      const last = page.at(-1)
      if (last === undefined || page.length < snapshotsPerPage) return
      after = last.id
    }
  }

  async #countOne(vault: ManagedVault, counting: Counting, { reader, brake }: CountReading, snapshot: SnapshotRecord): Promise<void> {
    const { domainId, root, bytes } = requireOpened(snapshot)
    const scope = { vault, domainId, refset: await this.#deps.refsets.aside(snapshot) }
    const read: CountedSnapshot['read'] = (type, id) => reader.read(scope, type, id)
    await counting.content.add({ domainId, root, read, numbersOf: (ids) => vault.contents.blobNumbers(domainId, ids) }, brake)
    counting.logicalBytes += bytes
    counting.counted.add(snapshot.id)
  }
}

const newCounting = (): Counting => ({
  content: new DistinctContent(),
  counted: new Set(),
  logicalBytes: 0,
  distinct: null,
  isRunning: false,
  failedAtMs: null,
})
