import { ByteReader, ByteWriter } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { blobIdBytes, objectIdBytes } from './blob-type.ts'

const magic = new TextEncoder().encode('HFSNAP1\n')
const hubMagic = new TextEncoder().encode('HFHUB1\n\0')
const signatureContext = new TextEncoder().encode('holdfast-snapshot-1\n')
const rewriteContext = new TextEncoder().encode('holdfast-rewrite-1\n')
const version = 1
export const snapshotHeaderBytes = 96
const hubHeaderBytes = 64
const signatureBytes = 64
const tagBytes = 16

export const snapshotStatuses = ['complete', 'complete-with-errors', 'partial'] as const
export type SnapshotStatus = (typeof snapshotStatuses)[number]
export const snapshotSystems = ['linux', 'windows', 'macos'] as const
export type SnapshotSystem = (typeof snapshotSystems)[number]

/** Who a snapshot is by: the device that it is of, or whoever has the vault's rewriting key (docs/adr/0020). */
const flags = { byDevice: 0, rewritten: 1 } as const

const rewriteReasons = ['purge', 'versions'] as const
export type RewriteReason = (typeof rewriteReasons)[number]

/** What a rewritten snapshot says of itself. */
export interface Rewriting {
  /** 16 bytes: the snapshot as the device made it, however often it was rewritten since. */
  readonly of: Uint8Array
  /** Why the last time. */
  readonly why: RewriteReason
  /** By the clock of who rewrote it. */
  readonly atMs: number
  /** Of all times: entries, and bytes of files, that the device's snapshot had and this one has not. */
  readonly entriesDropped: number
  readonly bytesDropped: number
}

/** The clear start of a snapshot object. */
export interface SnapshotHeader {
  /** Signed with the vault's rewriting key, over another context: what one key signed is nothing under the other. */
  readonly isRewritten: boolean
  readonly keyEpoch: number
  readonly vaultId: Uint8Array
  readonly domainId: Uint8Array
  readonly agentId: Uint8Array
  readonly snapshotId: Uint8Array
  /** Counts an agent's snapshots from 1. */
  readonly seq: number
}

/** The sealed part. Times are the agent's claim: nothing but display goes by them. */
export interface SnapshotBody {
  readonly status: SnapshotStatus
  readonly system: SnapshotSystem
  readonly host: string
  /** Empty when no plan asked for it. */
  readonly plan: string
  readonly program: string
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly parent: Uint8Array | null
  /** Id of the root page of the top folder. */
  readonly root: Uint8Array
  readonly files: number
  readonly folders: number
  readonly bytes: number
  readonly errors: number
  /** Absolute paths of the sources, raw bytes. */
  readonly roots: readonly Uint8Array[]
  readonly filesNew: number
  readonly filesChanged: number
  readonly filesUnchanged: number
  readonly bytesRead: number
  /** None in a device's own; there exactly where the header says that it is rewritten. */
  readonly rewriting?: Rewriting
}

/** What the hub says of a snapshot: the only time that retention goes by. */
export interface HubStatement {
  readonly receivedAtMs: number
  readonly epoch: number
}

export interface SnapshotObject {
  readonly header: SnapshotHeader
  /** Encoded; see `Refset.decode`. */
  readonly refset: Uint8Array
  readonly sealedBody: Uint8Array
  readonly signature: Uint8Array
  /** What the signature covers, context included. */
  readonly signedBytes: Uint8Array
  /** Everything the agent sent. */
  readonly agentPart: Uint8Array
  /** Clear header ‖ nothing else: the AAD of the body continues with the SHA-256 of the refset. */
  readonly headerBytes: Uint8Array
  /** Null until the hub has stored it. */
  readonly hubHeader: (HubStatement & { readonly mac: Uint8Array; readonly macedBytes: Uint8Array }) | null
}

const invalid = (message: string): EngineError => new EngineError('snapshot.invalid', message)
const startsWith = (bytes: Uint8Array, expected: Uint8Array): boolean => expected.every((byte, index) => bytes[index] === byte)

export function encodeSnapshotHeader(header: SnapshotHeader, refsetLength: number, sealedLength: number): Uint8Array {
  return new ByteWriter(snapshotHeaderBytes)
    .bytes(magic)
    .u16(version)
    .u16(header.isRewritten ? flags.rewritten : flags.byDevice)
    .u32(header.keyEpoch)
    .bytes(header.vaultId)
    .bytes(header.domainId)
    .bytes(header.agentId)
    .bytes(header.snapshotId)
    .u64(BigInt(header.seq))
    .u32(refsetLength)
    .u32(sealedLength)
    .toBytes()
}

export const sealedBodyLength = (plainBytes: number): number => plainBytes + tagBytes

/** The bytes an agent or the vault's rewriting key signs, from all that comes before the signature. */
export function snapshotSigningBytes(unsigned: Uint8Array, isRewritten: boolean): Uint8Array {
  const context = isRewritten ? rewriteContext : signatureContext
  const bytes = new Uint8Array(context.length + unsigned.length)
  bytes.set(context)
  bytes.set(unsigned, context.length)
  return bytes
}

/** Takes a snapshot object apart, with or without the hub's header; verifies structure only. Byte fields are views. */
export function decodeSnapshotObject(bytes: Uint8Array): SnapshotObject {
  if (bytes.length < snapshotHeaderBytes || !startsWith(bytes, magic)) throw invalid('This is not a snapshot.')
  const reader = new ByteReader(bytes)
  reader.bytes(magic.length)
  if (reader.u16() !== version) throw new EngineError('format.unsupported-version', 'A snapshot is of a newer version: update Holdfast.')
  const flag = reader.u16()
  if (flag !== flags.byDevice && flag !== flags.rewritten) throw invalid('A snapshot has an unknown flag.')
  const isRewritten = flag === flags.rewritten
  const keyEpoch = reader.u32()
  const id = (): Uint8Array => reader.bytes(objectIdBytes)
  const ids = { vaultId: id(), domainId: id(), agentId: id(), snapshotId: id() }
  const seq = Number(reader.u64())
  if (!Number.isSafeInteger(seq) || seq < 1) throw invalid('A snapshot has an impossible number.')
  const refsetLength = reader.u32()
  const sealedLength = reader.u32()
  const refset = reader.bytes(refsetLength)
  const sealedBody = reader.bytes(sealedLength)
  const unsignedLength = reader.position
  const signature = reader.bytes(signatureBytes)
  const agentPart = bytes.subarray(0, reader.position)
  const hubHeader = reader.remaining === 0 ? null : decodeHubHeader(reader.bytes(reader.remaining))
  return {
    header: { isRewritten, keyEpoch, ...ids, seq },
    refset,
    sealedBody,
    signature,
    agentPart,
    hubHeader,
    signedBytes: snapshotSigningBytes(bytes.subarray(0, unsignedLength), isRewritten),
    headerBytes: bytes.subarray(0, snapshotHeaderBytes),
  }
}

/** The first 32 bytes of a hub header: what its MAC covers besides the SHA-256 of the agent's part. */
export const encodeHubStatement = (statement: HubStatement): Uint8Array =>
  new ByteWriter(hubHeaderBytes).bytes(hubMagic).u64(BigInt(statement.receivedAtMs)).u64(BigInt(statement.epoch)).u64(0n).toBytes()

function decodeHubHeader(bytes: Uint8Array): NonNullable<SnapshotObject['hubHeader']> {
  if (bytes.length !== hubHeaderBytes || !startsWith(bytes, hubMagic)) throw invalid('The hub\u2019s part of a snapshot is damaged.')
  const reader = new ByteReader(bytes.subarray(hubMagic.length))
  const receivedAtMs = Number(reader.u64())
  const epoch = Number(reader.u64())
  if (!Number.isSafeInteger(receivedAtMs) || !Number.isSafeInteger(epoch) || reader.u64() !== 0n)
    throw invalid('The hub\u2019s part of a snapshot is impossible.')
  return { receivedAtMs, epoch, mac: reader.bytes(32), macedBytes: bytes.subarray(0, 32) }
}

export function encodeSnapshotBody(body: SnapshotBody): Uint8Array {
  const writer = new ByteWriter(512)
    .u8(version)
    .u8(snapshotStatuses.indexOf(body.status) + 1)
    .u8(snapshotSystems.indexOf(body.system) + 1)
    .utf8(body.host)
    .utf8(body.plan)
    .utf8(body.program)
    .varint(body.startedAtMs)
    .varint(body.finishedAtMs)
  if (body.parent === null) writer.u8(0)
  else writer.u8(1).bytes(body.parent)
  writer.bytes(body.root).varint(body.files).varint(body.folders).varint(body.bytes).varint(body.errors).varint(body.roots.length)
  for (const root of body.roots) writer.lengthPrefixed(root)
  writer.varint(body.filesNew).varint(body.filesChanged).varint(body.filesUnchanged).varint(body.bytesRead)
  const { rewriting } = body
  if (rewriting !== undefined)
    writer
      .bytes(rewriting.of)
      .u8(rewriteReasons.indexOf(rewriting.why) + 1)
      .varint(rewriting.atMs)
      .varint(rewriting.entriesDropped)
      .varint(rewriting.bytesDropped)
  return writer.toBytes()
}

/** @param isRewritten as its header says. @throws EngineError `snapshot.invalid`, `format.unsupported-version`, `bytes.*` */
export function decodeSnapshotBody(bytes: Uint8Array, isRewritten: boolean): SnapshotBody {
  const reader = new ByteReader(bytes)
  if (reader.u8() !== version) throw new EngineError('format.unsupported-version', 'A snapshot is of a newer version: update Holdfast.')
  const status = snapshotStatuses[reader.u8() - 1]
  const system = snapshotSystems[reader.u8() - 1]
  if (status === undefined || system === undefined) throw invalid('A snapshot has an impossible status or system.')
  const texts = { host: reader.utf8(1024), plan: reader.utf8(1024), program: reader.utf8(1024) }
  const times = { startedAtMs: reader.varint(), finishedAtMs: reader.varint() }
  const hasParent = reader.u8()
  if (hasParent > 1) throw invalid('A snapshot has an impossible parent.')
  const body: SnapshotBody = {
    status,
    system,
    ...texts,
    ...times,
    parent: hasParent === 1 ? reader.bytes(objectIdBytes) : null,
    root: reader.bytes(blobIdBytes),
    files: reader.varint(),
    folders: reader.varint(),
    bytes: reader.varint(),
    errors: reader.varint(),
    roots: Array.from({ length: boundedRoots(reader.varint()) }, () => reader.lengthPrefixed(65_536)),
    filesNew: reader.varint(),
    filesChanged: reader.varint(),
    filesUnchanged: reader.varint(),
    bytesRead: reader.varint(),
    ...(isRewritten ? { rewriting: readRewriting(reader) } : {}),
  }
  reader.expectEnd()
  return body
}

function readRewriting(reader: ByteReader): Rewriting {
  const of = reader.bytes(objectIdBytes)
  const why = rewriteReasons[reader.u8() - 1]
  if (why === undefined) throw invalid('A snapshot was rewritten for no known reason.')
  return { of, why, atMs: reader.varint(), entriesDropped: reader.varint(), bytesDropped: reader.varint() }
}

function boundedRoots(count: number): number {
  if (count > 100_000) throw invalid('A snapshot has an impossible number of roots.')
  return count
}
