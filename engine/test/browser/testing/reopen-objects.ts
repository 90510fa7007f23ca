import { concatBytes } from '../../../src/bytes/index.ts'
import {
  agentFileText,
  agentPrefix,
  checkSealedKeys,
  decodeAgentFile,
  decodeJournal,
  decodeKeySlot,
  decodeRevocationFile,
  decodeRewritingKeyFile,
  decodeSelfBackupHeader,
  decodeSnapshotObject,
  decodeVaultFile,
  encodeHubStatement,
  encodeJournal,
  encodeKeySlot,
  encodeSelfBackupHeader,
  encodeSnapshotBody,
  encodeSnapshotHeader,
  journalPrefix,
  keySlotPrefix,
  packPrefix,
  Refset,
  revocationFileText,
  revocationPrefix,
  rewritingKeyFileText,
  rewritingKeyKey,
  sealedBodyLength,
  sealedBytesOf,
  sealedKeysPrefix,
  selfBackupPrefix,
  snapshotPrefix,
  uuidFromBytes,
  vaultFileKey,
  vaultFileText,
} from '../../../src/format/index.ts'
import { openSnapshotBody, verifyHubHeader, verifySnapshotSignature } from '../../../src/reader/index.ts'
import { sealText, type KeySecret, type UnlockPrimitives } from '../../../src/unlock/index.ts'
import { plainOf, type Plain } from './plain.ts'
import { reopenPack } from './reopen-pack.ts'
import { signerOf, unlockObjects, type Opened, type StoredObjects } from './stored-objects.ts'

/*
 * Every object of a vault, opened, and written again from what it opened to with the same keys and random values: what comes has to be what was there, byte for byte. Labels of keys
 * and the order of what is sealed are spelled out here once more, on purpose: they are those of docs/vault-format.md, not those of the code.
 */

export interface Reopened {
  /** What it says. */
  readonly value: Plain
  /** As it is written from that. */
  readonly bytes: Uint8Array
}

type Reopen = (opened: Opened, bytes: Uint8Array) => Promise<{ readonly value: unknown; readonly bytes: Uint8Array }>

const label = (text: string): Uint8Array => new TextEncoder().encode(text)

/** @returns by key; packs say what lies in them, snapshots their body, self-backups the hash of their text */
export async function reopenObjects(
  p: UnlockPrimitives,
  objects: StoredObjects,
  secret: KeySecret,
): Promise<Readonly<Record<string, Reopened>>> {
  const opened: Opened = { p, keys: await unlockObjects(p, objects, secret), objects }
  const reopened: Record<string, Reopened> = {}
  for (const [key, bytes] of Object.entries(objects)) {
    const [, reopen] = kinds.find(([prefix]) => key.startsWith(prefix))!
    const again = await reopen(opened, bytes)
    reopened[key] = { value: plainOf(again.value), bytes: again.bytes }
  }
  return reopened
}

/** A JSON object under K_mac. */
const maced =
  <T>(
    decode: (bytes: Uint8Array) => { readonly value: T; readonly mac: string; readonly macedText: string },
    textOf: (value: T) => string,
  ): Reopen =>
  async ({ keys }, bytes) => {
    const { value } = decode(bytes)
    return { value, bytes: await keys.sealText(textOf(value)) }
  }

const reopenRevocation: Reopen = async ({ p, keys }, bytes) => {
  const { value } = decodeRevocationFile(bytes)
  return { value, bytes: await sealText(p, keys.hub.revocationKey, revocationFileText(value)) }
}

const reopenSlot: Reopen = async (_, bytes) => {
  const slot = decodeKeySlot(bytes)
  return { value: slot, bytes: encodeKeySlot(slot) }
}

/** Only its device can open it: the test of each vault does so. */
const passSealedKeys: Reopen = async (_, bytes) => {
  checkSealedKeys(bytes)
  return { value: null, bytes }
}

const reopenJournal: Reopen = async ({ p, keys }, bytes) => {
  const { journal } = decodeJournal(bytes)
  const body = encodeJournal(journal)
  return { value: journal, bytes: concatBytes([body, await p.hmacSha256(keys.hubKey, body)]) }
}

const reopenSnapshot: Reopen = async ({ p, keys, objects }, bytes) => {
  const snapshot = decodeSnapshotObject(bytes)
  await verifySnapshotSignature(p, snapshot, await signerOf(keys, objects, snapshot.header))
  await verifyHubHeader(p, snapshot, keys.hubKey)
  const domainKeys = await keys.domainKeys(uuidFromBytes(snapshot.header.domainId))
  const body = await openSnapshotBody(p, snapshot, domainKeys)
  const refset = Refset.decode(snapshot.refset)
  const { receivedAtMs, epoch } = snapshot.hubHeader!

  const plain = encodeSnapshotBody(body)
  const refsetBytes = refset.encode()
  const header = encodeSnapshotHeader(snapshot.header, refsetBytes.length, sealedBodyLength(plain.length))
  const key = await p.hkdfSha256(domainKeys.metadataKey, snapshot.header.snapshotId, label('holdfast-1 snapshot'))
  const sealed = await p.sealAesGcm(key, new Uint8Array(12), plain, concatBytes([header, await p.sha256(refsetBytes)]))
  const agentPart = concatBytes([header, refsetBytes, sealed, snapshot.signature])
  const statement = encodeHubStatement({ receivedAtMs, epoch })
  const mac = await p.hmacSha256(keys.hubKey, await p.sha256(agentPart), statement)
  return {
    value: {
      ...snapshot.header,
      receivedAtMs,
      epoch,
      ...body,
      refset: [...refset.segments()].map((place) => `${place.packIdHex}/${place.ordinal}`),
    },
    bytes: concatBytes([agentPart, statement, mac]),
  }
}

const reopenSelfBackup: Reopen = async ({ p, keys }, bytes) => {
  const head = decodeSelfBackupHeader(bytes)
  const header = encodeSelfBackupHeader(head)
  const key = await p.hkdfSha256(keys.hub.selfBackupKey, head.id, label('holdfast-1 self-backup part'))
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, head.part, true)
  const frame = await p.openAesGcm(key, nonce, sealedBytesOf(bytes, head), header)
  const text = await p.decompressZstd(frame, head.plainBytes)
  return { value: { ...head, sha256: await p.sha256(text) }, bytes: concatBytes([header, await p.sealAesGcm(key, nonce, frame, header)]) }
}

const kinds: readonly (readonly [string, Reopen])[] = [
  [vaultFileKey, maced(decodeVaultFile, vaultFileText)],
  [rewritingKeyKey, maced(decodeRewritingKeyFile, rewritingKeyFileText)],
  [agentPrefix, maced(decodeAgentFile, agentFileText)],
  [revocationPrefix, reopenRevocation],
  [keySlotPrefix, reopenSlot],
  [sealedKeysPrefix, passSealedKeys],
  [journalPrefix, reopenJournal],
  [snapshotPrefix, reopenSnapshot],
  [selfBackupPrefix, reopenSelfBackup],
  [packPrefix, reopenPack],
]
