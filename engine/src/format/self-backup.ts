import { ByteReader, ByteWriter, copyBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { objectIdBytes } from './blob-type.ts'
import { selfBackupPrefix } from './object-keys.ts'

const magic = new TextEncoder().encode('HFHUB01\n')
const version = 1
export const selfBackupHeaderBytes = 64
const tagBytes = 16

/** One part of what a hub keeps of itself (docs/vault-format.md §14): what is clear of it. */
export interface SelfBackupPart {
  readonly vaultId: Uint8Array
  /** 16 random bytes, fresh for each self-backup. */
  readonly id: Uint8Array
  /** By the hub's clock. */
  readonly createdAtMs: number
  /** From 0. */
  readonly part: number
  readonly isLast: boolean
  /** Of the zstd frame, and of what it unpacks to. */
  readonly frameBytes: number
  readonly plainBytes: number
}

const invalid = (message: string): EngineError => new EngineError('self-backup.invalid', message)

/** All of it is authenticated with the sealed bytes that follow. */
export function encodeSelfBackupHeader(part: SelfBackupPart): Uint8Array {
  return new ByteWriter(selfBackupHeaderBytes)
    .bytes(magic)
    .u16(version)
    .u8(part.isLast ? 1 : 0)
    .u8(0)
    .u32(part.part)
    .bytes(part.vaultId)
    .bytes(part.id)
    .u64(BigInt(part.createdAtMs))
    .u32(part.frameBytes)
    .u32(part.plainBytes)
    .toBytes()
}

/** @param bytes the header, and more or not. @throws EngineError `self-backup.invalid`, `format.unsupported-version` */
export function decodeSelfBackupHeader(bytes: Uint8Array): SelfBackupPart {
  if (bytes.length < selfBackupHeaderBytes || !magic.every((byte, index) => bytes[index] === byte))
    throw invalid('This is no part of a self-backup.')
  const reader = new ByteReader(bytes.subarray(magic.length, selfBackupHeaderBytes))
  if (reader.u16() !== version) throw new EngineError('format.unsupported-version', 'A self-backup is of a newer version: update Holdfast.')
  const [flags, zero] = [reader.u8(), reader.u8()]
  const part = reader.u32()
  const vaultId = copyBytes(reader.bytes(objectIdBytes))
  const id = copyBytes(reader.bytes(objectIdBytes))
  const createdAtMs = Number(reader.u64())
  const [frameBytes, plainBytes] = [reader.u32(), reader.u32()]
  if (flags > 1 || zero !== 0 || !Number.isSafeInteger(createdAtMs)) throw invalid('The head of a self-backup is impossible.')
  return { vaultId, id, createdAtMs, part, isLast: flags === 1, frameBytes, plainBytes }
}

/** @throws EngineError `self-backup.invalid` where it is longer or shorter than its head says */
export function sealedBytesOf(bytes: Uint8Array, { frameBytes }: SelfBackupPart): Uint8Array {
  if (bytes.length !== selfBackupHeaderBytes + frameBytes + tagBytes) throw invalid('A part of a self-backup is cut short, or added to.')
  return bytes.subarray(selfBackupHeaderBytes)
}

/** Which self-backup, as its keys begin. */
export interface SelfBackupName {
  readonly createdAtMs: number
  /** 32 hex digits. */
  readonly id: string
}

/** Sorted by key they are sorted by time. */
export const selfBackupFolder = ({ createdAtMs, id }: SelfBackupName): string =>
  `${selfBackupPrefix}${String(createdAtMs).padStart(15, '0')}-${id}/`

export const selfBackupKey = (name: SelfBackupName, part: number): string => `${selfBackupFolder(name)}${String(part).padStart(6, '0')}`

/** @throws EngineError `self-backup.invalid` for a key that no part has */
export function selfBackupOfKey(key: string): SelfBackupName & { readonly part: number } {
  const match = /^h\/(\d{15})-([0-9a-f]{32})\/(\d{6})$/.exec(key)
  const [, createdAt, id, part] = match ?? []
  if (createdAt === undefined || id === undefined || part === undefined)
    throw invalid('An object among the self-backups has a name that none has.')
  return { createdAtMs: Number(createdAt), id, part: Number(part) }
}
