import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createBlobHasher } from '../../src/blob-id/index.ts'
import { fromBase64Url } from '../../src/bytes/index.ts'
import {
  blobTypes,
  buildContent,
  buildFolderPages,
  decodeContentList,
  decodeKeySlot,
  decodeSnapshotObject,
  decodeTreePage,
  decodeVaultFile,
  Refset,
  type TreeEntry,
} from '../../src/format/index.ts'
import { openSnapshotBody, SegmentOpener, verifyHubHeader, verifySnapshotSignature } from '../../src/reader/index.ts'
import { unwrapKey } from '../../src/unlock/index.ts'
import { checkPack, nodePrimitives, openSealedDomainKeys } from '../../src/vault/index.ts'
import {
  agentIdentity,
  bodyOf,
  countedBytes,
  domainKeys,
  entriesOf,
  idLengths,
  itemsOf,
  keySecrets,
  masterKey,
  placesOf,
  vaultIds,
} from './golden-values.ts'

interface Goldens {
  pages: string[]
  interior: string
  lists: string[]
  refset: string
  snapshot: string
  pack: string
  blobs: string[]
  /** Length of the counted bytes, then their id under each type. */
  blobIds: [number, ...string[]][]
  sealedKeys: string
  slots: string[]
  vaultFile: string
}
const goldens = JSON.parse(readFileSync(new URL('codecs.json', import.meta.url), 'utf8')) as Goldens
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')
const hasher = createBlobHasher(domainKeys.idKey)
/** Buffers and plain arrays alike. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      inner instanceof Uint8Array
        ? hex(inner)
        : typeof inner === 'bigint'
          ? String(inner)
          : (inner as { type?: string; data?: number[] } | null)?.type === 'Buffer'
            ? hex(Uint8Array.from((inner as { data: number[] }).data))
            : inner,
    ),
  )

test('tree pages are cut and written as ever, and read back', () => {
  const pages: string[] = []
  buildFolderPages(entriesOf(700), 42, (page) => (pages.push(hex(page)), hasher.idOf(blobTypes.treePage, page)))
  expect(pages).toEqual(goldens.pages)
  const entries: TreeEntry[] = goldens.pages
    .map((page) => decodeTreePage(bytes(page)))
    .flatMap((page) => ('entries' in page ? [...page.entries] : []))
  expect(plain(entries)).toEqual(plain(entriesOf(700)))
  expect(decodeTreePage(bytes(goldens.interior))).toMatchObject({ level: 2, children: [{ entries: 99 }] })
})

test('content lists are written as ever, and read back', () => {
  const lists: string[] = []
  buildContent(itemsOf(5000), (list) => (lists.push(hex(list)), hasher.idOf(blobTypes.contentList, list)))
  expect(lists).toEqual(goldens.lists)
  const items = goldens.lists.map((list) => decodeContentList(bytes(list))).flatMap((list) => ('items' in list ? [...list.items] : []))
  expect(plain(items)).toEqual(plain(itemsOf(5000)))
})

test('a refset is written as ever, and reads back', () => {
  const refset = Refset.decode(bytes(goldens.refset))
  expect(hex(refset.encode())).toBe(goldens.refset)
  for (const { packIdHex, ordinal } of placesOf()) expect(refset.has(packIdHex, ordinal)).toBe(true)
})

test('a snapshot verifies and opens', async () => {
  const snapshot = decodeSnapshotObject(bytes(goldens.snapshot))
  expect(snapshot.header).toMatchObject({ seq: 7, keyEpoch: 1 })
  expect(snapshot.hubHeader).toMatchObject({ receivedAtMs: 1_764_000_001_000, epoch: 3 })
  await verifySnapshotSignature(nodePrimitives, snapshot, fromBase64Url(agentIdentity.signJwk.x))
  await verifyHubHeader(nodePrimitives, snapshot, Buffer.alloc(32, 8))
  const body = await openSnapshotBody(nodePrimitives, snapshot, domainKeys)
  expect(plain(body)).toEqual(plain(bodyOf(body.root)))
})

test('a pack checks and its segments open', async () => {
  const pack = new Uint8Array(Buffer.from(goldens.pack, 'base64'))
  const { segments } = checkPack(pack)
  const opener = new SegmentOpener(nodePrimitives, domainKeys)
  const opened = await Promise.all(segments.map(({ offset, length }) => opener.open(pack.subarray(offset, offset + length))))
  const blobs = opened.flatMap((segment) => segment.blobs)
  expect(blobs.map((blob) => Buffer.from(blob).toString('base64'))).toEqual(goldens.blobs)
  const ids = segments.flatMap(({ blobIds }) => blobIds)
  for (const [index, blob] of blobs.entries()) expect(hasher.isIdOf(blobTypes.data, blob, ids[index]!)).toBe(true)
})

test('blobs have the ids they always had', () => {
  expect(goldens.blobIds.map(([length]) => length)).toEqual(idLengths)
  for (const [length, ...ids] of goldens.blobIds)
    expect(Object.values(blobTypes).map((type) => hex(hasher.idOf(type, countedBytes(length))))).toEqual(ids)
})

test('sealed domain keys, every kind of key slot and vault.json open', async () => {
  const boxKey = createPrivateKey({ key: agentIdentity.boxJwk, format: 'jwk' })
  expect(plain(await openSealedDomainKeys(fromBase64Url(goldens.sealedKeys), domainKeys, vaultIds.agentId, boxKey))).toEqual(
    plain(domainKeys),
  )
  for (const [index, slot] of goldens.slots.entries())
    expect(hex(await unwrapKey(nodePrimitives, decodeKeySlot(bytes(slot)), keySecrets[index]!))).toBe(hex(masterKey))
  expect(decodeVaultFile(Buffer.from(goldens.vaultFile)).value).toMatchObject({ vaultId: vaultIds.vaultUuid, kind: 'managed' })
})
