import type { SnapshotId, VersionLimitEffect } from '@holdfast/shared-types'
import type { Refset } from '@holdfast/engine/format'
import { limitVersions, type VersionLimit } from '@holdfast/engine/rewriter'
import type { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { requireOpened } from '../contents/snapshot-record.ts'
import { SegmentReader } from '../reading/segment-reader.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { findVaultRecord } from '../tables/vaults.queries.ts'
import { Brake } from '../usage/brake.ts'
import type { PurgeDeps } from './purge-deps.ts'
import { requireRewritable } from './purges.ts'
import { replaceSnapshot } from './replace-snapshot.ts'
import { rewriteSnapshot } from './rewrite-snapshot.ts'
import { readerOf, type ReadingDeps } from './snapshot-reading.ts'

const dayMs = 24 * 60 * 60 * 1000

export interface LimitDeps extends PurgeDeps {
  readonly vaults: OpenVaults
}

/** A snapshot of one device and plan that stays. */
export interface VersionedSnapshot {
  readonly snapshot: SnapshotRecord
  /** Its files count as versions, and none of them leaves it. */
  readonly isProtected: boolean
}

export interface VersionOrder {
  /** Newest first. */
  readonly snapshots: readonly VersionedSnapshot[]
  readonly versionsPerFile: number
  readonly signal: AbortSignal
}

export interface LimitedVersions {
  /** Written anew: what stands for them since. */
  readonly replaced: ReadonlyMap<SnapshotId, SnapshotId>
}

const nothing: VersionLimitEffect = { snapshots: 0, entries: 0, bytes: 0, ofEntries: 0 }

/** @throws AppError `vault.rewriting-impossible`; EngineError `store.*`, `blob.missing`, `cancelled` */
export async function previewVersionLimit(deps: LimitDeps, order: VersionOrder): Promise<VersionLimitEffect> {
  let sum = nothing
  for (const { vault, snapshots } of byVault(deps, order)) {
    const { effects } = await search(deps, vault, { ...order, snapshots })
    sum = {
      snapshots: sum.snapshots + effects.filter(({ entries }) => entries > 0).length,
      entries: effects.reduce((entries, effect) => entries + effect.entries, sum.entries),
      bytes: effects.reduce((bytes, effect) => bytes + effect.bytes, sum.bytes),
      ofEntries: snapshots.reduce((files, { snapshot }) => files + (snapshot.files ?? 0), sum.ofEntries),
    }
  }
  return sum
}

/**
 * Writes snapshots anew without what is beyond the limit; as they were they can be had back for the vault's undo time. One over which somebody decided meanwhile is left for the next
 * time.
 * @throws as `previewVersionLimit`; AppError `snapshot.held`, `store.full`
 */
export async function limitVersionsOf(deps: LimitDeps, order: VersionOrder & { readonly by: string }): Promise<LimitedVersions> {
  const replaced = new Map<SnapshotId, SnapshotId>()
  for (const { vault, snapshots } of byVault(deps, order))
    await deps.turns.during(vault.id, async () => {
      const limit = await search(deps, vault, { ...order, snapshots })
      const undoDays = (await findVaultRecord(deps.database.em(), vault.id))?.undoDays ?? 0
      const reading = readingFor(deps, order.signal)
      for (const [index, { snapshot, isProtected }] of snapshots.entries()) {
        if (isProtected || limit.effects[index]?.entries === 0) continue
        const written = await rewriteSnapshot({ ...deps, ...reading }, vault, snapshot, {
          why: 'versions',
          filterFor: () => limit.filter,
          avoid: { has: () => false },
        })
        if (written !== null && (await replaceSnapshot(deps, vault, written, { old: snapshot, by: order.by, undoMs: undoDays * dayMs })))
          replaced.set(snapshot.id, written.record.id)
      }
    })
  return { replaced }
}

async function search(deps: LimitDeps, vault: ManagedVault, { snapshots, versionsPerFile, signal }: VersionOrder): Promise<VersionLimit> {
  const refsets: Pick<Refset, 'has'>[] = []
  for (const { snapshot } of snapshots) refsets.push(await deps.refsets.readable(snapshot))
  const [first] = snapshots
  if (first === undefined) return { effects: [], filter: () => 'keep' }
  const has = (packIdHex: string, ordinal: number): boolean => refsets.some((refset) => refset.has(packIdHex, ordinal))
  const reading = readingFor(deps, signal)
  const reader = readerOf(reading, { vault, domainId: first.snapshot.domainId, refset: { has } })
  const group = snapshots.map(({ snapshot, isProtected }) => ({ root: requireOpened(snapshot).root, isProtected }))
  return limitVersions(reader, group, versionsPerFile, () => reading.brake.pass())
}

const readingFor = (deps: LimitDeps, signal: AbortSignal): ReadingDeps => ({
  refsets: deps.refsets,
  segments: new SegmentReader(deps),
  brake: new Brake(signal),
})

/** A plan's snapshots nearly always lie in one vault and domain. @throws AppError `vault.rewriting-impossible` */
function byVault(
  { vaults }: LimitDeps,
  { snapshots }: VersionOrder,
): { readonly vault: ManagedVault; readonly snapshots: readonly VersionedSnapshot[] }[] {
  const groups = new Map<string, VersionedSnapshot[]>()
  for (const one of snapshots) {
    const key = `${one.snapshot.vaultId} ${one.snapshot.domainId}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()].map((group) => ({ vault: requireRewritable(vaults.get(group[0]!.snapshot.vaultId)), snapshots: group }))
}
