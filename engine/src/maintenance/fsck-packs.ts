import { crc32 } from 'node:zlib'
import { createBlobHasher } from '../blob-id/index.ts'
import { equalBytes, toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  blobTypes,
  decodePackHeader,
  packHeaderBytes,
  packIdOfKey,
  packKinds,
  packPrefix,
  uuidFromBytes,
  type BlobType,
  type PackKind,
} from '../format/index.ts'
import { SegmentOpener, type DomainKeys } from '../reader/index.ts'
import type { ListedObject, ObjectStore } from '../store/index.ts'
import { checkPack, decodePackEnd, nodePrimitives, readPackEnd, readPackHeader, Vault, type CheckedPack } from '../vault/index.ts'
import type { FsckTask } from './fsck-report.ts'
import { birthOf, PackContents } from './pack-contents.ts'

/** Checks every pack, and says what lies in them. */
export async function checkPacks({ store, vault, readData, findings, signal }: FsckTask): Promise<PackContents> {
  const contents = new PackContents()
  const keysByDomain = new Map<string, DomainKeys>()
  for await (const { key, sizeBytes } of store.list(packPrefix)) {
    if (signal?.aborted) throw new EngineError('cancelled', 'The check was stopped.')
    await findings.check(key, async () => {
      const packId = packIdOfKey(key)
      const bytes = readData ? await store.get(key) : null
      const pack =
        bytes === null
          ? await readEnd(store, { key, sizeBytes })
          : wholeSegments(bytes, (message) => findings.add('pack.checksum-mismatch', key, message))
      if (toHex(pack.header.packId) !== packId) throw new EngineError('pack.invalid', 'A pack lies under the name of another.')
      const domainId = uuidFromBytes(pack.header.domainId)
      for (const segment of pack.segments) {
        const other = contents.add(segment, { packKey: key, kind: pack.header.kind, domainId })
        // The same segment moved is the same bytes; anything else used a (key, nonce) twice.
        if (other === null || (other.crc32 === segment.crc32 && other.length === segment.length)) continue
        const birth = birthOf(other.birthPackIdHex, other.birthOrdinal)
        findings.add('segment.repeated', key, `Segment ${birth} exists twice with different bytes.`)
      }
      findings.counts.packs++
      findings.counts.packBytes += sizeBytes
      findings.counts.segments += pack.trailer.segmentCount
      findings.counts.blobs += pack.trailer.blobCount
      if (bytes !== null && vault instanceof Vault) await openAll(bytes, pack, keysOf(vault, domainId, keysByDomain))
    })
  }
  return contents
}

const readEnd = async (store: ObjectStore, object: ListedObject): Promise<CheckedPack> =>
  readPackEnd(store, object, await readPackHeader(store, object))

/** A pack with those of its segments whose bytes are what they were: one that is damaged costs no other. @throws EngineError `pack.*` for its header, footer or trailer */
function wholeSegments(bytes: Uint8Array, tell: (message: string) => void): CheckedPack {
  const pack = decodePackEnd(decodePackHeader(bytes.subarray(0, packHeaderBytes)), bytes, bytes.length)
  const segments = pack.segments.filter(
    ({ offset, length, crc32: expected }) => crc32(bytes.subarray(offset, offset + length)) === expected,
  )
  const damaged = pack.segments.length - segments.length
  if (damaged === 0) return checkPack(bytes)
  tell(`${damaged} of the ${pack.segments.length} segments of a pack ${damaged === 1 ? 'is' : 'are'} damaged.`)
  return { ...pack, segments }
}

function keysOf(vault: Vault, domainId: string, known: Map<string, DomainKeys>): DomainKeys {
  const keys = known.get(domainId) ?? vault.domainKeys(domainId)
  known.set(domainId, keys)
  return keys
}

/** Opens every segment and recomputes every blob id. */
async function openAll(bytes: Uint8Array, pack: CheckedPack, keys: DomainKeys): Promise<void> {
  if (!equalBytes(pack.header.vaultId, keys.vaultId)) throw new EngineError('pack.invalid', 'A pack of another vault lies here.')
  const opener = new SegmentOpener(nodePrimitives, keys)
  const hasher = createBlobHasher(keys.idKey)
  for (const segment of pack.segments) {
    const place = { packId: segment.birthPackId, ordinal: segment.birthOrdinal }
    const opened = await opener.open(bytes.subarray(segment.offset, segment.offset + segment.length), place)
    if (opened.header.kind !== pack.header.kind || opened.blobs.length !== segment.blobIds.length)
      throw new EngineError('pack.invalid', 'A segment is not what the footer says.')
    for (const [index, blob] of opened.blobs.entries()) {
      const id = segment.blobIds[index]!
      // Footers do not say the type of a blob, the kind of its pack narrows it.
      if (!typesIn[pack.header.kind].some((type) => hasher.isIdOf(type, blob, id)))
        throw new EngineError('blob.id-mismatch', 'A blob is not what its id says.')
    }
  }
}

const { data, treePage, contentList, attributes, imageMap } = blobTypes
const typesIn: Readonly<Record<PackKind, readonly BlobType[]>> = {
  [packKinds.data]: [data],
  [packKinds.metadata]: [treePage, contentList, attributes, imageMap],
}
