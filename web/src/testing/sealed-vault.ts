import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto'
import { createBlobHasher } from '@holdfast/engine/blob-id'
import { concatBytes, fromBase64Url, padme, toBase64Url, toHex } from '@holdfast/engine/bytes'
import {
  blobTypes,
  buildContent,
  buildFolderPages,
  codecs,
  encodeSnapshotBody,
  encodeSnapshotHeader,
  inlineLimitBytes,
  locationRecordBytes,
  packKinds,
  pageSeedOf,
  readLocation,
  Refset,
  sealedBodyLength,
  segmentHeaderBytes,
  segmentNonce,
  segmentPlainHead,
  sealTagBytes,
  snapshotSigningBytes,
  uuidToBytes,
  writeLocation,
  writeSegmentHeader,
  type BlobLocation,
  type BlobType,
  type ContentItem,
  type TreeEntry,
} from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { boxKeySigningBytes, createVaultObjects, type UnlockPrimitives, type VaultKeys } from '@holdfast/engine/unlock'
import type { AgentId, SnapshotId, VaultId } from '@holdfast/shared-types'

/** A folder: names and what they are. Text and bytes are files. */
export interface SealedTree {
  readonly [name: string]: SealedTree | string | Uint8Array
}

/** A device with keys of its own. */
export interface SealedDevice {
  readonly agentId: AgentId
  readonly name: string
  readonly signPublicKey: string
  readonly boxPublicKey: string
  readonly boxSignature: string
  readonly enrolledAtMs: number
  /** Raw X25519 key, to open what is sealed to it. */
  readonly boxPrivateKey: Uint8Array
  readonly signKey: KeyObject
}

const encoder = new TextEncoder()
const chunkBytes = 256 * 1024
/** Of chunks that are as large as that, each has a segment of its own. */
const ownSegmentBytes = 128 * 1024
const bundleBlobs = 8
const rawKey = (key: KeyObject, part: 'x' | 'd'): string => key.export({ format: 'jwk' })[part] ?? ''

export function aSealedDevice(name: string): SealedDevice {
  const signing = generateKeyPairSync('ed25519')
  const box = generateKeyPairSync('x25519')
  const boxPublicKey = rawKey(box.publicKey, 'x')
  return {
    agentId: randomUUID() as AgentId,
    name,
    signPublicKey: rawKey(signing.publicKey, 'x'),
    boxPublicKey,
    boxSignature: toBase64Url(sign(null, boxKeySigningBytes(fromBase64Url(boxPublicKey)), signing.privateKey)),
    enrolledAtMs: Date.now(),
    boxPrivateKey: fromBase64Url(rawKey(box.privateKey, 'd')),
    signKey: signing.privateKey,
  }
}

interface StoredSegment {
  readonly name: string
  bytes: Uint8Array
}

/** A private vault as a hub keeps it: bytes that only its keys open. Tests damage them, and look what is noticed. */
export class SealedVault {
  readonly slots: { slotId: string; kind: 'passphrase' | 'recovery-words'; bytes: string }[]
  readonly agents: { agentId: AgentId; agentObject: string | null }[] = []
  readonly waiting: SealedDevice[] = []
  readonly snapshots = new Map<SnapshotId, Uint8Array>()
  readonly segments = new Map<string, StoredSegment>()
  readonly locations = new Map<string, BlobLocation>()
  readonly vaultFile: string
  readonly keys: VaultKeys
  readonly #primitives: UnlockPrimitives

  private constructor(primitives: UnlockPrimitives, objects: Awaited<ReturnType<typeof createVaultObjects>>) {
    this.#primitives = primitives
    this.keys = objects.keys
    this.vaultFile = toBase64Url(objects.vaultFile)
    this.slots = objects.slots.map(({ slotId, bytes }, index) => ({
      slotId: toHex(slotId),
      kind: index === 0 ? 'passphrase' : 'recovery-words',
      bytes: toBase64Url(bytes),
    }))
  }

  get id(): VaultId {
    return this.keys.file.vaultId as VaultId
  }

  get domainId(): string {
    return this.keys.file.domains[0]?.id ?? ''
  }

  static async make(
    primitives: UnlockPrimitives,
    secrets: { readonly passphrase: string; readonly words: string },
    vaultId: string = randomUUID(),
  ): Promise<SealedVault> {
    const objects = await createVaultObjects(primitives, {
      vaultId,
      domainId: randomUUID(),
      kind: 'private',
      createdAtMs: Date.now(),
      secrets: [
        { kind: 'passphrase', passphrase: secrets.passphrase },
        { kind: 'recovery-words', words: secrets.words },
      ],
    })
    return new SealedVault(primitives, objects)
  }

  async letIn(device: SealedDevice): Promise<void> {
    const { agentId, signPublicKey, boxPublicKey, boxSignature, enrolledAtMs } = device
    const agent = { agentId, domainId: this.domainId, signPublicKey, boxPublicKey, boxSignature, createdAtMs: enrolledAtMs }
    this.agents.push({ agentId, agentObject: toBase64Url(await this.keys.agentObject(agent)) })
  }

  /** A backup of a tree by a device, whose host is called as it is. */
  async backUp(device: SealedDevice, tree: SealedTree, finishedAtMs = 2): Promise<SnapshotId> {
    const snapshotId = toHex(randomBytes(16)) as SnapshotId
    const keys = await this.keys.domainKeys(this.domainId)
    const packing = new Packing(keys)
    const root = packing.folder(tree)
    const refset = new Refset()
    for (const { bytes, place } of await packing.seal(this.#primitives, this.locations)) {
      refset.addPlace(place)
      const name = `${toHex(place.packId)}/${place.ordinal}`
      this.segments.set(name, { name, bytes })
    }
    this.snapshots.set(snapshotId, await this.#sealSnapshot(keys, { device, snapshotId, refset: refset.encode(), root, finishedAtMs }))
    return snapshotId
  }

  locate(ids: Uint8Array): Uint8Array {
    const count = ids.length / 32
    const records = new Uint8Array(count * locationRecordBytes)
    for (let index = 0; index < count; index++)
      writeLocation(records, index, this.locations.get(toHex(ids.subarray(index * 32, index * 32 + 32))) ?? null)
    return records
  }

  readSegments(places: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = []
    for (let index = 0; index < places.length / locationRecordBytes; index++) {
      const place = readLocation(places, index)
      const segment = place === null ? undefined : this.segments.get(`${toHex(place.packId)}/${place.ordinal}`)
      if (segment !== undefined) parts.push(segment.bytes)
    }
    return concatBytes(parts)
  }

  async #sealSnapshot(
    keys: DomainKeys,
    made: {
      readonly device: SealedDevice
      readonly snapshotId: SnapshotId
      readonly refset: Uint8Array
      readonly root: ReturnType<Packing['folder']>
      readonly finishedAtMs: number
    },
  ): Promise<Uint8Array> {
    const { device, refset, root, finishedAtMs } = made
    const snapshotId = Uint8Array.from(Buffer.from(made.snapshotId, 'hex'))
    const plain = encodeSnapshotBody({
      status: 'complete',
      system: 'linux',
      host: device.name,
      plan: '',
      program: 'test',
      startedAtMs: finishedAtMs - 1,
      finishedAtMs,
      parent: null,
      root: root.page,
      files: root.files,
      folders: root.folders,
      bytes: root.bytes,
      errors: 0,
      roots: [encoder.encode('/home')],
      filesNew: 0,
      filesChanged: 0,
      filesUnchanged: 0,
      bytesRead: 0,
    })
    const ids = { vaultId: keys.vaultId, domainId: keys.domainId, agentId: uuidToBytes(device.agentId), snapshotId }
    const header = encodeSnapshotHeader(
      { keyEpoch: keys.keyEpoch, ...ids, seq: 1, isRewritten: false },
      refset.length,
      sealedBodyLength(plain.length),
    )
    const key = await this.#primitives.hkdfSha256(keys.metadataKey, snapshotId, encoder.encode('holdfast-1 snapshot'))
    const aad = concatBytes([header, await this.#primitives.sha256(refset)])
    const unsigned = concatBytes([header, refset, await this.#primitives.sealAesGcm(key, new Uint8Array(12), plain, aad)])
    return concatBytes([unsigned, sign(null, snapshotSigningBytes(unsigned, false), device.signKey)])
  }
}

interface Piece {
  readonly type: BlobType
  readonly bytes: Uint8Array
  readonly id: Uint8Array
}

/** What a backup puts into packs. */
class Packing {
  readonly #keys: DomainKeys
  readonly #hasher: ReturnType<typeof createBlobHasher>
  readonly #pieces: Piece[] = []

  constructor(keys: DomainKeys) {
    this.#keys = keys
    this.#hasher = createBlobHasher(keys.idKey)
  }

  folder(tree: SealedTree): { page: Uint8Array; files: number; folders: number; bytes: number } {
    const counts = { files: 0, folders: 0, bytes: 0 }
    const entries = Object.keys(tree)
      .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
      .map((name): TreeEntry => {
        const what = tree[name]!
        if (typeof what === 'string' || what instanceof Uint8Array) {
          const bytes = typeof what === 'string' ? encoder.encode(what) : what
          counts.files += 1
          counts.bytes += bytes.length
          return { ...fields(name, 0o640), type: 'file', size: bytes.length, content: this.#content(bytes) }
        }
        const { page, ...below } = this.folder(what)
        counts.files += below.files
        counts.folders += below.folders + 1
        counts.bytes += below.bytes
        return { ...fields(name, 0o750), type: 'folder', page, subtree: { ...below, errors: 0 } }
      })
    return { page: buildFolderPages(entries, pageSeedOf(this.#keys.cdcKey), (page) => this.#put(blobTypes.treePage, page)), ...counts }
  }

  #content(bytes: Uint8Array) {
    if (bytes.length <= inlineLimitBytes) return { kind: 'inline' as const, bytes }
    const items: ContentItem[] = []
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const chunk = bytes.subarray(at, at + chunkBytes)
      const isHole = chunk.every((byte) => byte === 0)
      items.push(
        isHole ? { kind: 'hole', length: chunk.length } : { kind: 'data', length: chunk.length, id: this.#put(blobTypes.data, chunk) },
      )
    }
    return buildContent(items, (list) => this.#put(blobTypes.contentList, list))
  }

  #put(type: BlobType, bytes: Uint8Array): Uint8Array {
    const id = this.#hasher.idOf(type, bytes)
    this.#pieces.push({ type, bytes: bytes.slice(), id })
    return id
  }

  async seal(primitives: UnlockPrimitives, locations: Map<string, BlobLocation>) {
    const sealed: { bytes: Uint8Array; place: { packId: Uint8Array; ordinal: number } }[] = []
    for (const kind of [packKinds.data, packKinds.metadata]) {
      const packId = new Uint8Array(randomBytes(16))
      const pieces = this.#pieces.filter(({ type }) => (type === blobTypes.data) === (kind === packKinds.data))
      let ordinal = 0
      for (const group of grouped(pieces)) {
        for (const [position, { id }] of group.entries()) locations.set(toHex(id), { packId, ordinal, position })
        sealed.push({ bytes: await this.#segment(primitives, { packId, ordinal, kind }, group), place: { packId, ordinal } })
        ordinal += 1
      }
    }
    return sealed
  }

  async #segment(
    primitives: UnlockPrimitives,
    { packId, ordinal, kind }: { packId: Uint8Array; ordinal: number; kind: (typeof packKinds)[keyof typeof packKinds] },
    group: readonly Piece[],
  ): Promise<Uint8Array> {
    const payload = concatBytes(group.map(({ bytes }) => bytes))
    const head = segmentPlainHead(
      group.map(({ bytes }) => bytes.length),
      payload.length,
    )
    const plain = new Uint8Array(padme(head.length + payload.length))
    plain.set(head)
    plain.set(payload, head.length)
    const header = new Uint8Array(segmentHeaderBytes)
    writeSegmentHeader(header, {
      ciphertextBytes: plain.length,
      birthOrdinal: ordinal,
      keyEpoch: this.#keys.keyEpoch,
      birthPackId: packId,
      codec: codecs.stored,
      kind,
      blobCount: group.length,
    })
    const base = kind === packKinds.data ? this.#keys.dataKey : this.#keys.metadataKey
    const key = await primitives.hkdfSha256(base, packId, encoder.encode('holdfast-1 segment'))
    const aad = concatBytes([header, this.#keys.vaultId, this.#keys.domainId])
    const sealed = await primitives.sealAesGcm(key, segmentNonce(ordinal), plain, aad)
    if (sealed.length !== plain.length + sealTagBytes) throw new Error('A seal has another length than it should.')
    return concatBytes([header, sealed])
  }
}

function grouped(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = []
  let open: Piece[] = []
  for (const piece of pieces) {
    if (piece.bytes.length >= ownSegmentBytes) groups.push([piece])
    else if (open.push(piece) === 1) groups.push(open)
    if (open.length === bundleBlobs) open = []
  }
  return groups
}

const fields = (name: string, mode: number) => ({
  name: encoder.encode(name),
  mode,
  owner: { uid: 1000, gid: 1000, user: 'ada', group: 'ada' },
  mtimeNs: 1_700_000_000_000_000_000n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null,
  isAncestor: false,
})
