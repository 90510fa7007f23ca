import { createBlobHasher, type BlobHasher } from '../blob-id/index.ts'
import { NumberSet, toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  blobTypes,
  decodeAttributes,
  decodeSnapshotObject,
  isSumOf,
  Refset,
  snapshotKey,
  snapshotPrefix,
  sumOfBytes,
  uuidFromBytes,
  type BlobType,
  type SnapshotObject,
} from '../format/index.ts'
import { openSnapshotBody, SegmentOpener, TreeReader, verifyHubHeader, verifySnapshotSignature, type DomainKeys } from '../reader/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { Vault, nodePrimitives } from '../vault/index.ts'
import { signerOfSnapshot } from './fsck-key-objects.ts'
import type { FsckTask } from './fsck-report.ts'
import { birthOf, type FoundSegment, type PackContents } from './pack-contents.ts'

/** Opened metadata segments kept while a tree is walked. */
const cachedSegments = 64

/** Checks every snapshot against what lies in the packs. */
export async function checkSnapshots(task: FsckTask, contents: PackContents): Promise<void> {
  const { store, vault, findings, signal } = task
  for await (const { key } of store.list(snapshotPrefix)) {
    if (signal?.aborted) throw new EngineError('cancelled', 'The check was stopped.')
    await findings.check(key, async () => {
      const snapshot = decodeSnapshotObject(await store.get(key))
      if (snapshotKey(snapshot.header.agentId, snapshot.header.seq, snapshot.header.snapshotId) !== key)
        throw new EngineError('snapshot.invalid', 'A snapshot lies under the name of another.')
      findings.counts.snapshots++
      const refset = Refset.decode(snapshot.refset)
      const missing = [...refset.segments()].filter(({ packIdHex, ordinal }) => !contents.hasSegment(packIdHex, ordinal))
      // Where what was lost lies elsewhere, the trees tell whether all of it does.
      const beyond =
        !(vault instanceof Vault) || missing.length === 0 ? undefined : task.beyondRefset.get(toHex(snapshot.header.snapshotId))
      if (beyond === undefined)
        for (const { packIdHex, ordinal } of missing)
          findings.add('segment.missing', key, `Segment ${birthOf(packIdHex, ordinal)} of the refset is not stored.`)
      await verifySnapshotSignature(nodePrimitives, snapshot, await signerOfSnapshot(task, snapshot.header))
      if (vault !== null) await verifyHubHeader(nodePrimitives, snapshot, vault.hubKey)
      if (!(vault instanceof Vault)) return
      const has = (packIdHex: string, ordinal: number): boolean =>
        refset.has(packIdHex, ordinal) || beyond?.has(packIdHex, ordinal) === true
      const isWhole = await checkOpened({ ...task, vault, contents, key }, snapshot, { has })
      if (isWhole && beyond !== undefined) findings.counts.snapshotsHealed++
    })
  }
}

type OpenedTask = FsckTask & { readonly vault: Vault; readonly contents: PackContents; readonly key: string }

async function checkOpened(
  { store, vault, findings, contents, key, signal }: OpenedTask,
  snapshot: SnapshotObject,
  refset: Pick<Refset, 'has'>,
): Promise<boolean> {
  const keys = vault.domainKeys(uuidFromBytes(snapshot.header.domainId))
  const body = await openSnapshotBody(nodePrimitives, snapshot, keys)
  const reach = new Reach(store, keys, refset, contents)
  const counts = await reach.walk(body.root, signal)
  findings.counts.blobsReached += reach.blobs
  for (const problem of reach.problems) findings.add(problem.code, key, problem.message)
  if (counts.files === body.files && isSumOf(body.bytes, counts.bytes)) return reach.problems.length === 0
  findings.add(
    'snapshot.invalid',
    key,
    `The snapshot says ${body.files} files and ${body.bytes} bytes, its tree holds ${counts.files} and ${counts.bytes}.`,
  )
  return false
}

/** Walks all that one snapshot reaches, and proves that its refset covers it. */
class Reach {
  readonly problems: { code: string; message: string }[] = []
  readonly #store: ObjectStore
  readonly #opener: SegmentOpener
  readonly #hasher: BlobHasher
  readonly #refset: Pick<Refset, 'has'>
  readonly #contents: PackContents
  readonly #seen = new NumberSet()
  readonly #missing = new Set<string>()
  #reached = 0
  #hasUnmarked = false
  readonly #opened = new Map<FoundSegment, readonly Uint8Array[]>()
  readonly #reader = new TreeReader((type, id) => this.#fetch(type, id))

  constructor(store: ObjectStore, keys: DomainKeys, refset: Pick<Refset, 'has'>, contents: PackContents) {
    this.#store = store
    this.#hasher = createBlobHasher(keys.idKey)
    this.#opener = new SegmentOpener(nodePrimitives, keys)
    this.#refset = refset
    this.#contents = contents
  }

  /** Distinct blobs so far, also missing ones. */
  get blobs(): number {
    return this.#reached
  }

  /** @returns what is there; what is deleted and kept is looked at, and not counted. */
  async walk(page: Uint8Array, signal: AbortSignal | undefined): Promise<{ files: number; bytes: number }> {
    const total = { files: 0, bytes: 0 }
    const folders = [{ page, isDeleted: false }]
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      // A snapshot may have millions of folders.
      if (signal?.aborted) throw new EngineError('cancelled', 'The check was stopped.')
      for await (const entry of this.#reader.entries(next.page)) {
        const isDeleted = entry.deletedAtMs !== null
        if (next.isDeleted && !isDeleted) this.#tellUnmarked()
        if (entry.attributes !== null) await this.#attributes(entry.attributes)
        if (entry.type === 'folder') folders.push({ page: entry.page, isDeleted })
        if (entry.type !== 'file') continue
        if (!isDeleted) {
          total.files++
          total.bytes = sumOfBytes(total.bytes, entry.size)
        }
        for await (const { item } of this.#reader.items(entry)) if (item.kind === 'data') this.#locate(item.id)
      }
    }
    return total
  }

  /** Once a snapshot. */
  #tellUnmarked(): void {
    if (this.#hasUnmarked) return
    this.#hasUnmarked = true
    this.problems.push({ code: 'snapshot.invalid', message: 'Something in a folder that is marked as deleted is not marked.' })
  }

  /** Entries mostly share them: each is read once. */
  async #attributes(id: Uint8Array): Promise<void> {
    const found = this.#contents.findBlob(id)
    if (found === null || !this.#seen.has(found.number)) decodeAttributes(await this.#fetch(blobTypes.attributes, id))
  }

  /** Where the blob lies within the refset; a problem is noted once a blob. */
  #locate(id: Uint8Array): FoundPlace | null {
    const found = this.#contents.findBlob(id)
    const place = found?.places.find(({ segment }) => this.#refset.has(segment.birthPackIdHex, segment.birthOrdinal))
    const isNew = found === null ? this.#meetMissing(id) : this.#seen.add(found.number)
    if (isNew) this.#reached++
    if (place === undefined && isNew) {
      this.problems.push(
        found === null
          ? { code: 'blob.missing', message: 'A blob that the snapshot needs is not stored.' }
          : { code: 'refset.incomplete', message: 'A blob that the snapshot needs lies outside of its refset.' },
      )
    }
    return place ?? null
  }

  #meetMissing(id: Uint8Array): boolean {
    const before = this.#missing.size
    return this.#missing.add(toHex(id)).size > before
  }

  async #fetch(type: BlobType, id: Uint8Array): Promise<Uint8Array> {
    const place = this.#locate(id)
    if (place === null) throw new EngineError('blob.missing', 'A folder listing of the snapshot is not stored.')
    const blob = (await this.#open(place.segment))[place.position]
    if (blob === undefined || !this.#hasher.isIdOf(type, blob, id))
      throw new EngineError('blob.id-mismatch', 'A folder listing is not what its id says.')
    return blob
  }

  async #open(segment: FoundSegment): Promise<readonly Uint8Array[]> {
    const cached = this.#opened.get(segment)
    if (cached !== undefined) return cached
    const bytes = await this.#store.get(segment.packKey, { offset: segment.offset, length: segment.length })
    const { blobs } = await this.#opener.open(bytes, { packId: segment.birthPackId, ordinal: segment.birthOrdinal })
    if (this.#opened.size >= cachedSegments) this.#opened.clear()
    this.#opened.set(segment, blobs)
    return blobs
  }
}

type FoundPlace = NonNullable<ReturnType<PackContents['findBlob']>>['places'][number]
