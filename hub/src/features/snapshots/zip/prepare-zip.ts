import { AppError, type SnapshotId } from '@holdfast/shared-types'
import type { TreeEntry } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../../platform/http/actor.ts'
import { componentsOf, type PathQuery } from '../entry-path.ts'
import { openVisibleTree, type VisibleTree } from '../open-visible-tree.ts'
import type { SnapshotsDeps } from '../snapshots.deps.ts'
import { requireZippable } from './zip-limits.ts'
import { findFolder, nameKeyOf } from './zip-source.ts'
import type { ZipSlots } from './zip-slots.ts'
import type { ZipTickets } from './zip-tickets.ts'

export interface PrepareZipDeps extends SnapshotsDeps {
  readonly slots: ZipSlots
  readonly tickets: ZipTickets
}

export interface ZipOrder extends PathQuery {
  readonly snapshotId: SnapshotId
  readonly names?: readonly string[] | undefined
  readonly namesBase64?: readonly string[] | undefined
  readonly withDeleted?: boolean | undefined
}

/**
 * A ticket for a zip of these entries. All that can be refused is refused here, where a page can show it: a browser says of a download that
 * failed no more than that it did.
 *
 * @throws AppError `snapshot.not-found`, `snapshot.path-not-found`, `snapshot.zip-too-large`, `snapshot.zips-busy`
 */
export async function prepareZip(
  deps: PrepareZipDeps,
  em: EntityManager,
  actor: KnownActor,
  { snapshotId, names, namesBase64, withDeleted = false, ...path }: ZipOrder,
): Promise<{ ticket: string; expiresAtMs: number }> {
  const { snapshot, tree } = await openVisibleTree(deps, em, actor, snapshotId)
  const folder = componentsOf(path, snapshot.system)
  const keys = names === undefined && namesBase64 === undefined ? null : keysOf(names ?? [], namesBase64 ?? [])
  await requireAll({ snapshot, tree }, folder, keys)
  deps.slots.requireFree(actor)
  return deps.tickets.issue(actor, { snapshotId, folder, names: keys, withDeleted })
}

const keysOf = (names: readonly string[], namesBase64: readonly string[]): ReadonlySet<string> =>
  new Set([...names.map((name) => nameKeyOf(Buffer.from(name))), ...namesBase64.map((name) => nameKeyOf(Buffer.from(name, 'base64')))])

/** One pass over the folder, however many are asked for. */
async function requireAll({ snapshot, tree }: VisibleTree, path: readonly Uint8Array[], keys: ReadonlySet<string> | null): Promise<void> {
  const folder = await findFolder(tree, path)
  if (keys === null) return requireZippable([folder ?? snapshot])
  const found: TreeEntry[] = []
  for await (const entry of tree.children(folder)) if (keys.has(nameKeyOf(entry.name))) found.push(entry)
  if (found.length < keys.size)
    throw new AppError('snapshot.path-not-found', { message: `The folder does not hold ${keys.size - found.length} of the names.` })
  requireZippable(found)
}
