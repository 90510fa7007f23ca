import { createPrivateKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/bytes/index.ts'
import { decodeAttributes, decodeContentList, decodeKeySlot, decodeTreePage, keySlotPrefix, Refset } from '../../src/format/index.ts'
import { unwrapKey } from '../../src/unlock/index.ts'
import { nodePrimitives, openSealedDomainKeys } from '../../src/vault/index.ts'
import { doings } from '../../test/browser/testing/in-both.ts'
import { plainOf } from '../../test/browser/testing/plain.ts'
import { under } from '../../test/browser/testing/stored-objects.ts'
import { readCodecGoldens } from './codec-goldens.ts'
import { expectReopened } from './expect-reopened.ts'
import * as values from './golden-values.ts'

/* The browser does the same in engine/test/browser/vaults.test.ts. */

const { codecs, objects, sealedKeys } = readCodecGoldens()
const node = doings(nodePrimitives)

test('codecs write what they read, and keys are derived as ever', async () => {
  expect({ vault: codecs.vault, ...(await node.rewriteCodecs(codecs, values.masterKey)) }).toEqual(codecs)
})

test('pages, lists, attributes and a refset say what they said', () => {
  const entries = codecs.pages.map((page) => decodeTreePage(fromHex(page))).flatMap((page) => ('entries' in page ? [...page.entries] : []))
  expect(plainOf(entries)).toEqual(plainOf(values.entriesOf(700)))
  expect(codecs.pages.length).toBeGreaterThan(2)
  expect(decodeTreePage(fromHex(codecs.interior))).toMatchObject({ level: 2, children: [{ entries: 99 }] })
  const items = codecs.lists.map((list) => decodeContentList(fromHex(list))).flatMap((list) => ('items' in list ? [...list.items] : []))
  expect(plainOf(items)).toEqual(plainOf(values.itemsOf(4200)))
  expect(codecs.attributes.map((set) => plainOf(decodeAttributes(fromHex(set))))).toEqual(plainOf(values.attributeSetsOf()))
  const refset = Refset.decode(fromHex(codecs.refset))
  for (const { packIdHex, ordinal } of values.placesOf()) expect(refset.has(packIdHex, ordinal)).toBe(true)
})

test('every object opens, says what it said, and is written again as it was', async () => {
  const said = Object.values(await expectReopened(objects, values.keySecrets[0]))
  const body = values.bodyOf(
    fromHex((said.find((value) => value !== null && typeof value === 'object' && 'root' in value) as { root: string }).root),
  )
  const header = { agentId: toHex(values.vaultIds.agentId), seq: 7, keyEpoch: 1, receivedAtMs: 1_764_000_001_000, epoch: 3 }
  expect(said).toContainEqual(expect.objectContaining({ ...header, ...(plainOf(body) as object), isRewritten: false }))
  expect(said).toContainEqual(
    expect.objectContaining({ ...header, ...(plainOf({ ...body, rewriting: values.rewriting }) as object), isRewritten: true }),
  )
  expect(said).toContainEqual(plainOf(values.vaultFile))
  const segments = values.segmentsOf().map((blobs, index) => ({
    codec: index === 0 ? 'zstd' : 'stored',
    blobs: blobs.map(() => 'data'),
    birthOrdinal: index,
  }))
  expect(said).toContainEqual(
    expect.objectContaining({ kind: 1, segments: segments.map((segment) => expect.objectContaining(segment) as unknown) }),
  )
})

test('sealed domain keys and every kind of key slot open', async () => {
  const boxKey = createPrivateKey({ key: values.agentIdentity.boxJwk, format: 'jwk' })
  expect(await openSealedDomainKeys(sealedKeys, values.domainKeys, values.vaultIds.agentId, boxKey)).toEqual(values.domainKeys)
  const slots = under(objects, keySlotPrefix).map(([, bytes]) => decodeKeySlot(bytes))
  expect(slots.map(({ kind }) => kind).toSorted()).toEqual(values.keySecrets.map(({ kind }) => kind).toSorted())
  for (const slot of slots) {
    const secret = values.keySecrets.find(({ kind }) => kind === slot.kind)!
    expect(toHex(await unwrapKey(nodePrimitives, slot, secret))).toBe(toHex(values.masterKey))
  }
})
