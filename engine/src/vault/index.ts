/** The writing side of a vault, and its keys. */
export { BlobIndex, type BlobIndexOptions } from './blob-index/blob-index.ts'
export type { BlobPlaces } from './blob-index/domain-index.ts'
export { MemoryBlobIndex, type HeldBlob } from './blob-index/memory-blob-index.ts'
export type { BlobSink, BlobTicket, ContentNumber, PlaceField, SinkStatistics } from './blob-sink.ts'
export type { BlobSource, OpenedSegment, SegmentToRead } from './blob-source.ts'
export { listJournals, readJournal, writeJournal } from './collection-journal.ts'
export type { Compression } from './compression/compress.ts'
export { deriveDomainKeys, makeRecoveryWords, openSealedDomainKeys, rewriterOf, sealDomainKeys, signerOf } from './crypto/node-keys.ts'
export { nodePrimitives, publicKeyFromRaw, rawPrivateKey, rawPublicKey } from './crypto/node-primitives.ts'
export { createVault, openVault, Vault } from './open-vault.ts'
export { checkPack, decodePackEnd, type CheckedPack } from './pack/check-pack.ts'
export { InlineOpener, type Opener } from './opener.ts'
export { MovedPack, type SegmentToMove } from './pack/moved-pack.ts'
export { PackBuilder, type Bundle, type Pack } from './pack/pack-builder.ts'
export { smallReadRoom, usualReadRoom, type ReadRoom } from './read-room.ts'
export { readPackEnd, readPackHeader } from './pack/read-pack-end.ts'
export { RemoteSource, type SourcePorts } from './remote-source.ts'
export { InlineSealer } from './sealing/inline-sealer.ts'
export {
  deleteSelfBackup,
  listSelfBackups,
  openSelfBackupPart,
  readSelfBackup,
  writeSelfBackup,
  type SelfBackupToWrite,
  type StoredSelfBackup,
} from './self-backup.ts'
export { createSealedVault, openSealedVault, SealedVault, type ExpectedAgent, type SealedVaultToCreate } from './sealed-vault.ts'
export type { Sealer } from './sealing/sealer.ts'
export { WorkerSealer } from './sealing/worker-sealer.ts'
export type { SessionScratch } from './session/scratch-file.ts'
export { SessionSink, type SessionPorts } from './session/session-sink.ts'
export { appendHubHeader, sealSnapshot, type SnapshotToSeal } from './snapshot-seal.ts'
export { readStoredSlots, writeHubSlot } from './stored-key-objects.ts'
export { StoredVault } from './stored-vault.ts'
export { openStoreSource, type StoreSource } from './without-hub/open-store-source.ts'
export {
  boxKeySigningBytes,
  findRecoveryWords,
  type DomainKeyId,
  type FoundRecoveryWords,
  type KeySecret,
  type VaultToCreate,
} from '../unlock/index.ts'
export { WorkerOpener } from './worker-opener.ts'
