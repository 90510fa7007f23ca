/*
 * Writes codecs.json. While format 1 is not frozen it may be run again together with an ADR that says why (docs/vault-format.md);
 * afterwards never: old vaults must stay readable.
 *   node -C @holdfast/source engine/goldens/format-1/make-goldens.ts
 */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createBlobHasher } from '../../src/blob-id/index.ts'
import { toBase64Url } from '../../src/bytes/index.ts'
import { blobTypes, buildContent, buildFolderPages, encodeInteriorPage, packKinds, Refset } from '../../src/format/index.ts'
import {
  appendHubHeader,
  createVault,
  nodePrimitives,
  PackBuilder,
  sealDomainKeys,
  sealSnapshot,
  rawPublicKey,
} from '../../src/vault/index.ts'
import { wrapKey } from '../../src/unlock/index.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { requireNotFrozen } from './freeze.ts'
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

requireNotFrozen()

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const pages: string[] = []
const hasher = createBlobHasher(domainKeys.idKey)
const pageId = (bytes: Uint8Array): Uint8Array => hasher.idOf(blobTypes.treePage, bytes)
const listId = (bytes: Uint8Array): Uint8Array => hasher.idOf(blobTypes.contentList, bytes)
const rootPage = buildFolderPages(entriesOf(700), 42, (page) => (pages.push(hex(page)), pageId(page)))
const lists: string[] = []
buildContent(itemsOf(5000), (list) => (lists.push(hex(list)), listId(list)))
const refset = new Refset()
for (const { packIdHex, ordinal } of placesOf()) refset.add(packIdHex, ordinal)
const signKey = createPrivateKey({ key: agentIdentity.signJwk, format: 'jwk' })
const agentPart = sealSnapshot(
  { header: { agentId: vaultIds.agentId, snapshotId: vaultIds.snapshotId, seq: 7 }, refset: refset.encode(), body: bodyOf(rootPage) },
  domainKeys,
  signKey,
)

const blobs = [
  Buffer.from('the first blob'),
  Buffer.from('another, '.repeat(900)),
  Buffer.alloc(1),
  Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * index * 31) & 0xff)),
]
const ids = Buffer.concat(blobs.map((blob) => hasher.idOf(blobTypes.data, blob)))
const builder = new PackBuilder(packKinds.data, domainKeys)
await builder.append({
  kind: packKinds.data,
  types: blobs.map(() => blobTypes.data),
  ids,
  rawLengths: blobs.map((blob) => blob.length),
  parts: [Buffer.concat(blobs)],
})

const store = new MemoryStore()
await createVault(store, {
  vaultId: vaultIds.vaultUuid,
  domainId: vaultIds.domainUuid,
  kind: 'managed',
  createdAtMs: 1_764_000_000_000,
  secrets: [keySecrets[0]],
})
const boxPublicKey = rawPublicKey(createPublicKey({ key: agentIdentity.boxJwk, format: 'jwk' }))
const slots = await Promise.all(
  keySecrets.map(async (secret) => hex((await wrapKey(nodePrimitives, masterKey, vaultIds.vaultId, secret)).bytes)),
)

writeFileSync(
  new URL('codecs.json', import.meta.url),
  `${JSON.stringify(
    {
      pages,
      interior: hex(encodeInteriorPage(2, [{ firstName: Buffer.from('a'), page: pageId(Buffer.from('a')), entries: 99 }])),
      lists,
      refset: hex(refset.encode()),
      snapshot: hex(appendHubHeader(agentPart, { receivedAtMs: 1_764_000_001_000, epoch: 3 }, Buffer.alloc(32, 8))),
      pack: Buffer.from(builder.finish().bytes).toString('base64'),
      blobs: blobs.map((blob) => blob.toString('base64')),
      blobIds: idLengths.map((length) => [length, ...Object.values(blobTypes).map((type) => hex(hasher.idOf(type, countedBytes(length))))]),
      sealedKeys: toBase64Url(await sealDomainKeys(domainKeys, vaultIds.agentId, boxPublicKey)),
      slots,
      vaultFile: Buffer.from(await store.get('vault.json')).toString('utf8'),
    },
    null,
    1,
  )}\n`,
)
