import { randomBytes } from 'node:crypto'
import { concatBytes, equalBytes, fromHex, toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  decodeSelfBackupHeader,
  encodeSelfBackupHeader,
  sealedBytesOf,
  selfBackupHeaderBytes,
  selfBackupKey,
  selfBackupOfKey,
  selfBackupPrefix,
  type SelfBackupName,
} from '../format/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { zstdFrame } from './compression/zstd-frame.ts'
import { hkdfSha256, nodePrimitives, openAesGcm } from './crypto/node-primitives.ts'
import { sealAesGcm } from './crypto/seal-aes-gcm.ts'
import type { StoredVault } from './stored-vault.ts'

/** What a hub keeps of itself in its vault: a stream of bytes in sealed parts, of which the last says that it is. */

/** Enough for good compression, and little to hold. */
const partBytes = 4 * 1024 * 1024
/** A part ends after the piece that fills it; longer pieces than this nobody writes. */
const mostPlainBytes = 256 * 1024 * 1024
/** The quick one: an audit log shrinks to a tenth either way. */
const zstdLevel = 3
const mostParts = 999_999
const partInfo = new TextEncoder().encode('holdfast-1 self-backup part')

type BackedUpVault = Pick<StoredVault, 'selfBackupKey' | 'vaultId' | 'store'>

/** A self-backup as it lies in the store. */
export interface StoredSelfBackup extends SelfBackupName {
  readonly parts: number
  readonly sizeBytes: number
  /** False: a hub was ended before it was through. It restores nothing. */
  readonly isWhole: boolean
}

export interface SelfBackupToWrite {
  /** Of the hub's clock. */
  readonly createdAtMs: number
  /** Pieces of any length. */
  readonly pieces: AsyncIterable<Uint8Array>
}

/** Writes one; each part is durable before the next is begun, and the whole when it resolves. What fails leaves parts, and no whole. @throws EngineError `store.*` */
export async function writeSelfBackup(vault: BackedUpVault, { createdAtMs, pieces }: SelfBackupToWrite): Promise<StoredSelfBackup> {
  const id = new Uint8Array(randomBytes(16))
  const name = { createdAtMs, id: toHex(id) }
  const written = { parts: 0, sizeBytes: 0 }
  const put = async (plain: Uint8Array, isLast: boolean): Promise<void> => {
    if (written.parts > mostParts || plain.length > mostPlainBytes)
      throw new EngineError('invariant.broken', 'A self-backup is longer than any can be.')
    const frame = zstdFrame(plain, zstdLevel)
    const part = written.parts
    const head = { vaultId: vault.vaultId, id, createdAtMs, part, isLast, frameBytes: frame.length, plainBytes: plain.length }
    const header = encodeSelfBackupHeader(head)
    const sealed = sealAesGcm(partKey(vault, id), partNonce(part), frame, header)
    await vault.store.put(selfBackupKey(name, part), [header, sealed])
    written.parts++
    written.sizeBytes += header.length + sealed.length
  }
  let gathered: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    gathered.push(piece)
    length += piece.length
    if (length < partBytes) continue
    await put(concatBytes(gathered), false)
    gathered = []
    length = 0
  }
  await put(concatBytes(gathered), true)
  return { ...name, ...written, isWhole: true }
}

/**
 * The bytes of one, part by part, as they were written.
 * @throws EngineError `self-backup.invalid`, `segment.authentication-failed`, `store.*`; what came before was right
 */
export async function* readSelfBackup(vault: BackedUpVault, name: SelfBackupName): AsyncGenerator<Uint8Array> {
  for (let part = 0; ; part++) {
    const { plain, isLast } = await openSelfBackupPart(vault, name, part)
    yield plain
    if (isLast) return
  }
}

/** One part, proved. @throws EngineError `self-backup.invalid`, `segment.authentication-failed`, `store.*` */
export async function openSelfBackupPart(
  vault: BackedUpVault,
  name: SelfBackupName,
  part: number,
): Promise<{ readonly plain: Uint8Array; readonly isLast: boolean }> {
  const id = fromHex(name.id)
  const bytes = await vault.store.get(selfBackupKey(name, part))
  const header = decodeSelfBackupHeader(bytes)
  const isOurs =
    equalBytes(header.vaultId, vault.vaultId) &&
    equalBytes(header.id, id) &&
    header.part === part &&
    header.createdAtMs === name.createdAtMs &&
    header.plainBytes <= mostPlainBytes
  if (!isOurs) throw new EngineError('self-backup.invalid', 'A part of a self-backup lies under the name of another.')
  const frame = openAesGcm(partKey(vault, id), partNonce(part), sealedBytesOf(bytes, header), bytes.subarray(0, selfBackupHeaderBytes))
  return { plain: await nodePrimitives.decompressZstd(frame, header.plainBytes), isLast: header.isLast }
}

/** All that lie in the store, oldest first, unfinished ones included. Objects that are none are left out. @throws EngineError `store.*` */
export async function listSelfBackups(store: ObjectStore): Promise<StoredSelfBackup[]> {
  const found = new Map<string, { name: SelfBackupName; parts: number; lastPart: number; sizeBytes: number }>()
  for await (const { key, sizeBytes } of store.list(selfBackupPrefix)) {
    const named = nameOrNull(key)
    if (named === null) continue
    const known = found.get(named.id) ?? { name: named, parts: 0, lastPart: 0, sizeBytes: 0 }
    known.parts++
    known.lastPart = named.part
    known.sizeBytes += sizeBytes
    found.set(named.id, known)
  }
  const listed: StoredSelfBackup[] = []
  for (const { name, parts, lastPart, sizeBytes } of found.values()) {
    const { createdAtMs, id } = name
    const isWhole = parts === lastPart + 1 && (await isLastPart(store, name, lastPart))
    listed.push({ createdAtMs, id, parts, sizeBytes, isWhole })
  }
  return listed
}

function nameOrNull(key: string): (SelfBackupName & { readonly part: number }) | null {
  try {
    return selfBackupOfKey(key)
  } catch {
    // Somebody else's object; the check names it.
    return null
  }
}

/** What the head says is proved when the part is opened. */
async function isLastPart(store: ObjectStore, name: SelfBackupName, part: number): Promise<boolean> {
  try {
    return decodeSelfBackupHeader(await store.get(selfBackupKey(name, part), { offset: 0, length: selfBackupHeaderBytes })).isLast
  } catch (error) {
    if (error instanceof EngineError && !/^store\.(unavailable|full)$/.test(error.code)) return false
    throw error
  }
}

/** The last part first: one that is deleted half looks like one that was never finished. */
export async function deleteSelfBackup(store: ObjectStore, { parts, ...name }: SelfBackupName & { readonly parts: number }): Promise<void> {
  for (let part = parts - 1; part >= 0; part--) await store.delete(selfBackupKey(name, part))
}

const partKey = (vault: BackedUpVault, id: Uint8Array): Uint8Array => hkdfSha256(vault.selfBackupKey, id, partInfo)

function partNonce(part: number): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, part, true)
  return nonce
}
