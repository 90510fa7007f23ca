import { setImmediate as nextTurn } from 'node:timers/promises'
import { ByteReader } from '@holdfast/engine/bytes'
import { decodeSnapshotObject, Refset, snapshotHeaderBytes } from '@holdfast/engine/format'
import { verifyHubHeader } from '@holdfast/engine/reader'
import { nodePrimitives } from '@holdfast/engine/vault'
import type { SnapshotId } from '@holdfast/shared-types'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { ByteBoundedCache } from './byte-bounded-cache.ts'
import type { OpenVaults } from './open-vaults.ts'
import { addAll } from './segment-sets.ts'
import { storeKeyOf } from './snapshot-record.ts'

/** 1 TiB of backup names some 40,000 packs: 10 MB decoded. */
const cachedBytes = 64 * 1024 * 1024
/** A key of 32 characters, a bitmap of 64 bytes and the map around them. */
const bytesPerPack = 250
/** Offset of the refset's length in a snapshot object. */
const refsetLengthAt = 88
/** Some 5 ms of looking up before others get their turn. */
export const segmentsPerTurn = 10_000

/** Decoded refsets of stored snapshots; only the start of an object is read for one, unless something is removed by it. */
export class SnapshotRefsets {
  readonly #vaults: OpenVaults
  readonly #cache = new ByteBoundedCache<Refset>(cachedBytes)
  /** Hardly any snapshot has one. */
  readonly #beyond = new Map<SnapshotId, Refset>()
  /** How much was lost when a snapshot was last found whole. */
  readonly #wholeAt = new Map<SnapshotId, number>()

  constructor(vaults: OpenVaults) {
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

  /** Where pieces of a snapshot lie that are not where its refset says, as an audit found; null = nowhere else. */
  setBeyond(id: SnapshotId, refset: Refset | null): void {
    if (refset === null) this.#beyond.delete(id)
    else this.#beyond.set(id, refset)
  }

  /** The same besides what is known. */
  addBeyond(id: SnapshotId, refset: Refset): void {
    const all = this.#beyond.get(id)
    if (all === undefined) this.#beyond.set(id, refset)
    else addAll(all, refset)
  }

  beyondOf(id: SnapshotId): Refset | null {
    return this.#beyond.get(id) ?? null
  }

  /**
   * What who may read a snapshot may read: what its refset names, and where an audit found the rest of what its trees need (docs/adr/0018).
   * @throws EngineError `store.*`, `snapshot.invalid`, `bytes.*`
   */
  async readable(snapshot: SnapshotRecord): Promise<Pick<Refset, 'has'>> {
    const named = await this.of(snapshot)
    const beyond = this.#beyond.get(snapshot.id)
    if (beyond === undefined) return named
    return { has: (packIdHex, ordinal) => named.has(packIdHex, ordinal) || beyond.has(packIdHex, ordinal) }
  }

  /** The same for who goes through all snapshots once: those that people look at keep their places in the cache. */
  aside(snapshot: SnapshotRecord): Promise<Refset> {
    return this.#read(snapshot)
  }

  /**
   * The same where something is removed by it for good: the whole object is read, and is what this hub vouched for when it came.
   * @throws EngineError `store.*`, `snapshot.invalid`, `snapshot.signature-invalid`, `format.unsupported-version`, `bytes.*`
   */
  async verified(snapshot: SnapshotRecord): Promise<Refset> {
    const vault = this.#vaults.get(snapshot.vaultId)
    const object = decodeSnapshotObject(await vault.getStored(storeKeyOf(snapshot)))
    await verifyHubHeader(nodePrimitives, object, vault.vault.hubKey)
    return Refset.decode(object.refset)
  }

  /** Nowhere is it whole. */
  isLost({ vaultId }: Pick<SnapshotRecord, 'vaultId'>, packIdHex: string, ordinal: number): boolean {
    return this.#vaults.get(vaultId).contents.findSegment(packIdHex, ordinal) === null
  }

  /** True when every segment the snapshot needs is in the store. Looked up once, and again when something was lost since. */
  async isWhole(snapshot: SnapshotRecord): Promise<boolean> {
    const { contents } = this.#vaults.get(snapshot.vaultId)
    const { losses } = contents
    if (this.#wholeAt.get(snapshot.id) === losses) return true
    let looked = 0
    for (const { packIdHex, ordinal } of (await this.of(snapshot)).segments()) {
      if (contents.findSegment(packIdHex, ordinal) === null) return false
      if (++looked % segmentsPerTurn === 0) await nextTurn()
    }
    this.#wholeAt.set(snapshot.id, losses)
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
