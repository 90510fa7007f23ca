import { isEngineError } from '@holdfast/engine/errors'
import { blobTypes, packKey, packKinds, type BlobType, type PackKind, type PackSegment } from '@holdfast/engine/format'
import { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import type { PackRecord } from '../tables/packs.queries.ts'

/**
 * Whether a segment opens with the vault's keys and every piece in it is what its id says. One that is sealed with keys of another epoch, or gone meanwhile, proves nothing and counts
 * as whole. @throws EngineError `store.*`; AppError `store.unavailable`
 */
export async function opensWhole(vault: OpenVault, row: PackRecord, segment: PackSegment): Promise<boolean> {
  // Where the hub cannot look into it, its checksum is all there is: devices find the rest.
  if (!(vault instanceof ManagedVault)) return true
  const { domainId } = row
  try {
    const bytes = await vault.getStored(packKey(row.packId), { offset: segment.offset, length: segment.length })
    const place = { packId: segment.birthPackId, ordinal: segment.birthOrdinal }
    const { header, blobs } = await vault.opener(domainId).open(bytes, place)
    if (header.kind !== row.kind || blobs.length !== segment.blobIds.length) return false
    const hasher = vault.hasher(domainId)
    return blobs.every((blob, index) => typesIn[row.kind as PackKind].some((type) => hasher.isIdOf(type, blob, segment.blobIds[index]!)))
  } catch (error) {
    if (isEngineError(error, 'vault.key-mismatch') || isEngineError(error, 'store.not-found')) return true
    if (!isDamage(error)) throw error
    return false
  }
}

const { data, treePage, contentList, attributes, imageMap } = blobTypes
/** Footers do not say the type of a blob; the kind of its pack narrows it. */
const typesIn: Readonly<Record<PackKind, readonly BlobType[]>> = {
  [packKinds.data]: [data],
  [packKinds.metadata]: [treePage, contentList, attributes, imageMap],
}
