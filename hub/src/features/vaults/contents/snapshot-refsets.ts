import { setImmediate as nextTurn } from 'node:timers/promises'
import { ByteReader } from '@holdfast/engine/bytes'
import { Refset, snapshotHeaderBytes } from '@holdfast/engine/format'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { ByteBoundedCache } from './byte-bounded-cache.ts'
import type { ManagedVaults } from './managed-vault.ts'
import { storeKeyOf } from './snapshot-record.ts'

/** 1 TiB of backup names some 40,000 packs: 10 MB decoded. */
const cachedBytes = 64 * 1024 * 1024
/** A key of 32 characters, a bitmap of 64 bytes and the map around them. */
const bytesPerPack = 250
/** Offset of the refset's length in a snapshot object. */
const refsetLengthAt = 88
/** Some 5 ms of looking up before others get their turn. */
export const segmentsPerTurn = 10_000

/** Decoded refsets of stored snapshots; only the start of an object is read for one. */
export class SnapshotRefsets {
  readonly #vaults: ManagedVaults
  readonly #cache = new ByteBoundedCache<Refset>(cachedBytes)

  constructor(vaults: ManagedVaults) {
    this.#vaults = vaults
  }

  /** @throws EngineError `store.*`, `snapshot.invalid`, `bytes.*` */
  of(snapshot: SnapshotRecord): Promise<Refset> {
    return this.#cache.get(
      snapshot.id,
      () => this.#read(snapshot),
      (refset) => refset.packCount * bytesPerPack,
    )
  }

  /** The same for who goes through all snapshots once: those that people look at keep their places in the cache. */
  aside(snapshot: SnapshotRecord): Promise<Refset> {
    return this.#read(snapshot)
  }

  /** True when every segment the snapshot needs is in the store. */
  async isWhole(snapshot: SnapshotRecord): Promise<boolean> {
    const { contents } = this.#vaults.get(snapshot.vaultId)
    let looked = 0
    for (const { packIdHex, ordinal } of (await this.of(snapshot)).segments()) {
      if (contents.findSegment(packIdHex, ordinal) === null) return false
      if (++looked % segmentsPerTurn === 0) await nextTurn()
    }
    return true
  }

  async #read(snapshot: SnapshotRecord): Promise<Refset> {
    const vault = this.#vaults.get(snapshot.vaultId)
    const key = storeKeyOf(snapshot)
    const header = await vault.getStored(key, { offset: 0, length: snapshotHeaderBytes })
    const length = new ByteReader(header.subarray(refsetLengthAt)).u32()
    return Refset.decode(await vault.getStored(key, { offset: snapshotHeaderBytes, length }))
  }
}
