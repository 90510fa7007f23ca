import type { CollectionPreview } from '@holdfast/shared-types'
import type { OpenVault } from '../contents/open-vault.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { LoadDeps } from '../opening/load-packs.ts'
import { requireNoneUntaken } from '../opening/look-for-untaken.ts'
import { figuresOf, mostPercent } from './collection-figures.ts'
import { chooseGarbage, type ChooseDeps } from './condemn.ts'
import { NeededSegments, splitStanding } from './needed-segments.ts'

export interface PreviewCollectionDeps extends ChooseDeps, LoadDeps {
  readonly refsets: SnapshotRefsets
}

/** What a collection would find if it began now. Nothing is changed, but that what can be read again is taken on; and nothing is looked through. @throws AppError `vault.collection-unsafe`, `store.*` */
export async function previewCollection(deps: PreviewCollectionDeps, vault: OpenVault): Promise<CollectionPreview> {
  await requireNoneUntaken(deps, vault)
  const { kept, leaving } = await splitStanding(deps.database.em(), vault, deps.runs, deps.now())
  const needed = new NeededSegments(deps.refsets)
  await needed.mark(kept)
  const chosen = await chooseGarbage(deps, vault, needed)
  return { snapshots: leaving.length, ...figuresOf(chosen), mostPercent }
}
