import { fromHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { maxPackBytes, packKey, uuidToBytes, type PackKind, type PackSegment } from '@holdfast/engine/format'
import { MovedPack } from '@holdfast/engine/vault'
import type { Database } from '../../../platform/database/database.ts'
import type { DiskSpace } from '../../../platform/disk-space/disk-space.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { bitOf } from '../contents/position-bits.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { segmentsOfRow } from '../tables/pack-footer.ts'
import { findPack, insertPack, type PackRecord } from '../tables/packs.queries.ts'
import type { Brake } from '../usage/brake.ts'

/** Segments of one pack that lie back to back are read at once, at most so much. */
const readBytes = 4 * 1024 * 1024

export interface CompactDeps {
  readonly database: Database
  readonly log: Logger
  readonly now: () => number
  readonly diskSpace: Pick<DiskSpace, 'requireRoom'>
}

interface OpenTarget {
  readonly pack: MovedPack
  readonly discard: () => Promise<void>
  readonly like: PackRecord
}

/**
 * Copies what is still needed out of packs that are mostly garbage, or small, into large ones: byte for byte, without any key. From then on it is read there; the old packs
 * stay until the next collection finds that nobody reads anything in them. A crash leaves a copy too much, and nothing else.
 */
export class PackCompaction {
  readonly #deps: CompactDeps
  readonly #vault: OpenVault
  readonly #brake: Brake
  /** By what must not be mixed: domain, kind, key epoch. */
  readonly #targets = new Map<string, OpenTarget>()
  #bytesMoved = 0

  constructor(deps: CompactDeps, vault: OpenVault, brake: Brake) {
    this.#deps = deps
    this.#vault = vault
    this.#brake = brake
  }

  get bytesMoved(): number {
    return this.#bytesMoved
  }

  /** @throws EngineError `store.*`, `cancelled`; then call `discard` */
  async empty(packIdHex: string): Promise<void> {
    const row = await findPack(this.#deps.database.em(), fromHex(packIdHex))
    if (row?.state !== 'live') return
    const segments = segmentsOfRow(row).filter(
      (_, position) =>
        !bitOf(row.condemned, position) &&
        !bitOf(row.lostSegments, position) &&
        this.#vault.contents.segmentOf(packIdHex, position)?.isMoved === false,
    )
    try {
      for (const run of runsOf(segments)) await this.#move(row, run)
    } catch (error) {
      if (!isDamage(error)) throw error
      // What is damaged stays where it is: a check names it, and a device may send it again.
      this.#deps.log.error(
        { event: 'pack.not-compacted', vaultId: this.#vault.id, packId: packIdHex, err: error },
        'A damaged pack is left as it is',
      )
    }
  }

  async finish(): Promise<void> {
    for (const target of this.#targets.values()) await this.#publish(target)
    this.#targets.clear()
  }

  async discard(): Promise<void> {
    for (const { discard } of this.#targets.values()) await discard()
    this.#targets.clear()
  }

  async #move(row: PackRecord, run: readonly PackSegment[]): Promise<void> {
    await this.#brake.pass()
    const [first] = run
    const last = run.at(-1)
    if (first === undefined || last === undefined) return
    const { offset } = first
    const bytes = await this.#vault.getStored(packKey(row.packId), { offset, length: last.offset + last.length - offset })
    for (const segment of run) {
      const { pack } = await this.#targetFor(row, segment)
      await pack.append({ ...segment, bytes: bytes.subarray(segment.offset - offset, segment.offset - offset + segment.length) })
      this.#bytesMoved += segment.length
    }
  }

  async #targetFor(row: PackRecord, segment: PackSegment): Promise<OpenTarget> {
    const group = groupOf(row)
    const open = this.#targets.get(group)
    if (open?.pack.hasRoomFor(segment) === true) return open
    if (open !== undefined) {
      await this.#publish(open)
      this.#targets.delete(group)
    }
    const target = await this.#openTarget(row)
    this.#targets.set(group, target)
    return target
  }

  async #openTarget(row: PackRecord): Promise<OpenTarget> {
    // Bulk data: where there is little room, only removing helps.
    const inPlace = once(await this.#deps.diskSpace.requireRoom(maxPackBytes))
    const stage = await this.#vault.store.stage().catch((error: unknown) => {
      inPlace()
      throw error
    })
    const discard = async (): Promise<void> => {
      inPlace()
      await stage.discard()
    }
    const header = {
      kind: row.kind as PackKind,
      keyEpoch: row.keyEpoch,
      vaultId: this.#vault.idBytes,
      domainId: uuidToBytes(row.domainId),
    }
    try {
      return { pack: await MovedPack.begin(stage, header), discard, like: row }
    } catch (error) {
      await discard()
      throw error
    }
  }

  /** As an upload: durable, then its row, then offered. */
  async #publish({ pack, like, discard }: OpenTarget): Promise<void> {
    if (pack.segmentCount === 0) return discard()
    const { database } = this.#deps
    const { contents, arriving, id: vaultId } = this.#vault
    const { packId } = pack
    await arriving.while(packKey(packId), async () => {
      const { sizeBytes, footer, segments } = await pack.finish()
      // Sent by whom and when the first of the old packs was: so that the figures of usage go on.
      const { domainId, kind, keyEpoch, sessionId, storedAt } = like
      const blobs = segments.reduce((sum, { blobIds }) => sum + blobIds.length, 0)
      const counts = { sizeBytes, segments: segments.length, blobs, footer }
      const row = { packId, vaultId, domainId, kind, keyEpoch, sessionId, ...counts, state: 'live' as const, storedAt }
      if ((await insertPack(database.em(), row)) === undefined)
        throw new EngineError('invariant.broken', 'A new pack has the id of another.')
      await contents.addPack({ packId, domainId, sessionId, segments })
    })
    // Its room is taken for real now.
    await discard()
  }
}

/** What is published is discarded too, with the rest. */
function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
  }
}

export const groupOf = ({ domainId, kind, keyEpoch }: Pick<PackRecord, 'domainId' | 'kind' | 'keyEpoch'>): string =>
  `${domainId} ${kind} ${keyEpoch}`

/** Neighbours together, as far as one read goes. */
function runsOf(segments: readonly PackSegment[]): PackSegment[][] {
  const runs: PackSegment[][] = []
  let end = -1
  let length = 0
  for (const segment of segments) {
    const run = runs.at(-1)
    if (run !== undefined && segment.offset === end && length + segment.length <= readBytes) {
      run.push(segment)
      length += segment.length
    } else {
      runs.push([segment])
      ;({ length } = segment)
    }
    end = segment.offset + segment.length
  }
  return runs
}
