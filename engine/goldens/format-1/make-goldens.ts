/*
 * Writes codecs.json. While format 1 is not frozen it may be run again together with an ADR that says why (docs/vault-format.md);
 * afterwards never: old vaults must stay readable.
 *   node -C @holdfast/source engine/goldens/format-1/make-goldens.ts
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createBlobHasher } from '../../src/blob-id/index.ts'
import { toBase64Url, toHex } from '../../src/bytes/index.ts'
import {
  agentKey,
  blobTypes,
  buildContent,
  buildFolderPages,
  encodeAttributes,
  encodeInteriorPage,
  keySlotKey,
  packKey,
  packKinds,
  pageSeedOf,
  Refset,
  rewritingKeyFileText,
  rewritingKeyKey,
  snapshotKey,
  uuidFromBytes,
  vaultFileKey,
  type SnapshotBody,
} from '../../src/format/index.ts'
import { boxKeySigningBytes, VaultKeys, wrapKey } from '../../src/unlock/index.ts'
import { appendHubHeader, nodePrimitives, PackBuilder, rawPublicKey, sealDomainKeys, sealSnapshot } from '../../src/vault/index.ts'
import { signKeyOfSeed } from '../../src/vault/crypto/sign-key.ts'
import { rewriteCodecs } from '../../test/browser/testing/rewrite-codecs.ts'
import { requireNotFrozen } from './freeze.ts'
import * as values from './golden-values.ts'

requireNotFrozen()

const { agentIdentity, domainKeys, keySecrets, masterKey, vaultFile, vaultIds } = values
const vault = await VaultKeys.of(nodePrimitives, vaultFile, masterKey)
const hasher = createBlobHasher(domainKeys.idKey)
const pageId = (bytes: Uint8Array): Uint8Array => hasher.idOf(blobTypes.treePage, bytes)
const listId = (bytes: Uint8Array): Uint8Array => hasher.idOf(blobTypes.contentList, bytes)

const pages: string[] = []
const rootPage = buildFolderPages(values.entriesOf(700), pageSeedOf(domainKeys.cdcKey), (page) => (pages.push(toHex(page)), pageId(page)))
const lists: string[] = []
buildContent(values.itemsOf(4200), (list) => (lists.push(toHex(list)), listId(list)))
const refset = new Refset()
for (const { packIdHex, ordinal } of values.placesOf()) refset.add(packIdHex, ordinal)

const objects: Record<string, Uint8Array> = { [vaultFileKey]: await vault.vaultFile() }
for (const secret of keySecrets) {
  const slot = await wrapKey(nodePrimitives, masterKey, vaultIds.vaultId, secret)
  objects[keySlotKey(slot.slotId)] = slot.bytes
}

const signKey = createPrivateKey({ key: agentIdentity.signJwk, format: 'jwk' })
const boxPublicKey = rawPublicKey(createPublicKey({ key: agentIdentity.boxJwk, format: 'jwk' }))
objects[agentKey(vaultIds.agentId)] = await vault.agentObject({
  agentId: uuidFromBytes(vaultIds.agentId),
  domainId: vaultIds.domainUuid,
  signPublicKey: agentIdentity.signJwk.x,
  boxPublicKey: agentIdentity.boxJwk.x,
  boxSignature: toBase64Url(sign(null, boxKeySigningBytes(boxPublicKey), signKey)),
  createdAtMs: 1_764_000_000_500,
})

const rewriting = signKeyOfSeed(vault.rewritingSeed)
const rewritingKeyText = rewritingKeyFileText({ vaultId: vaultIds.vaultUuid, signPublicKey: toBase64Url(rewriting.publicKey) })
objects[rewritingKeyKey] = await vault.sealText(rewritingKeyText)
const putSnapshot = (snapshotId: Uint8Array, body: SnapshotBody): void => {
  const header = { agentId: vaultIds.agentId, snapshotId, seq: 7 }
  const agentPart = sealSnapshot(
    { header, refset: refset.encode(), body },
    domainKeys,
    body.rewriting === undefined ? signKey : rewriting.privateKey,
  )
  objects[snapshotKey(vaultIds.agentId, 7, snapshotId)] = appendHubHeader(
    agentPart,
    { receivedAtMs: 1_764_000_001_000, epoch: 3 },
    vault.hubKey,
  )
}
putSnapshot(vaultIds.snapshotId, values.bodyOf(rootPage))
putSnapshot(vaultIds.rewrittenId, { ...values.bodyOf(rootPage), rewriting: values.rewriting })

const builder = new PackBuilder(packKinds.data, domainKeys)
for (const blobs of values.segmentsOf())
  await builder.append({
    kind: packKinds.data,
    types: blobs.map(() => blobTypes.data),
    ids: Buffer.concat(blobs.map((blob) => hasher.idOf(blobTypes.data, blob))),
    rawLengths: blobs.map((blob) => blob.length),
    parts: [Buffer.concat(blobs)],
  })
objects[packKey(builder.packId)] = builder.finish().bytes

const written = {
  vault: vaultFile,
  keys: {},
  pages,
  interior: toHex(encodeInteriorPage(2, [{ firstName: Buffer.from('a'), page: pageId(Buffer.from('a')), entries: 99 }])),
  lists,
  attributes: values.attributeSetsOf().map((set) => toHex(encodeAttributes(set))),
  refset: toHex(refset.encode()),
  blobIds: values.idLengths.map((length): [number] => [length]),
}
const golden = {
  ...written,
  ...(await rewriteCodecs(nodePrimitives, written, masterKey)),
  sealedKeys: toBase64Url(await sealDomainKeys(domainKeys, vaultIds.agentId, boxPublicKey)),
  objects: Object.fromEntries(Object.entries(objects).map(([key, bytes]) => [key, toBase64Url(bytes)])),
}
writeFileSync(new URL('codecs.json', import.meta.url), `${JSON.stringify(golden, null, 1)}\n`)
