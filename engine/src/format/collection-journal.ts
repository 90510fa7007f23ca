import { ByteReader, ByteWriter, copyBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { objectIdBytes } from './blob-type.ts'
import { isSnapshotKey } from './object-keys.ts'

const magic = new TextEncoder().encode('HFGC001\n')
const version = 1
const macBytes = 32
const longestKey = 256

/** What one collection of garbage removes, decided once and for all: written before the first object is deleted. */
export interface CollectionJournal {
  readonly vaultId: Uint8Array
  readonly epoch: number
  /** By the hub's clock; for people. */
  readonly decidedAtMs: number
  /** Keys of snapshots' objects; they are deleted first. */
  readonly snapshotKeys: readonly string[]
  /** 16 bytes each. */
  readonly packIds: readonly Uint8Array[]
}

const invalid = (message: string): EngineError => new EngineError('journal.invalid', message)

/** What the hub's MAC covers, which `sealJournal` appends. */
export function encodeJournal(journal: CollectionJournal): Uint8Array {
  const writer = new ByteWriter(64 + journal.packIds.length * objectIdBytes + journal.snapshotKeys.length * 96)
    .bytes(magic)
    .u16(version)
    .bytes(journal.vaultId)
    .u64(BigInt(journal.epoch))
    .u64(BigInt(journal.decidedAtMs))
    .varint(journal.snapshotKeys.length)
  for (const key of journal.snapshotKeys) writer.utf8(key)
  writer.varint(journal.packIds.length)
  for (const id of journal.packIds) writer.bytes(id)
  return writer.toBytes()
}

/** Takes a journal's object apart; whether the MAC is right is the caller's to check. @throws EngineError `journal.invalid`, `format.unsupported-version`, `bytes.*` */
export function decodeJournal(bytes: Uint8Array): {
  readonly journal: CollectionJournal
  readonly macedBytes: Uint8Array
  readonly mac: Uint8Array
} {
  const end = bytes.length - macBytes
  if (end < magic.length || !magic.every((byte, index) => bytes[index] === byte)) throw invalid('This is not a journal of a collection.')
  const reader = new ByteReader(bytes.subarray(magic.length, end))
  if (reader.u16() !== version)
    throw new EngineError('format.unsupported-version', 'A journal of a collection is of a newer version: update Holdfast.')
  const vaultId = copyBytes(reader.bytes(objectIdBytes))
  const [epoch, decidedAtMs] = [Number(reader.u64()), Number(reader.u64())]
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(decidedAtMs)) throw invalid('A journal of a collection is impossible.')
  const snapshotKeys: string[] = []
  for (let left = reader.varint(); left > 0; left--) {
    const key = reader.utf8(longestKey)
    // It says what is deleted: nothing but snapshots goes by its key.
    if (!isSnapshotKey(key)) throw invalid('A journal of a collection names an object that is no snapshot.')
    snapshotKeys.push(key)
  }
  const packIds: Uint8Array[] = []
  for (let left = reader.varint(); left > 0; left--) packIds.push(copyBytes(reader.bytes(objectIdBytes)))
  reader.expectEnd()
  return { journal: { vaultId, epoch, decidedAtMs, snapshotKeys, packIds }, macedBytes: bytes.subarray(0, end), mac: bytes.subarray(end) }
}
