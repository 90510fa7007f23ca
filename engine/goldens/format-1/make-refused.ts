/*
 * Writes refused.json from the golden vaults: see make-goldens.ts for when that may be done.
 *   node -C @holdfast/source engine/goldens/format-1/make-refused.ts
 */
import { writeFileSync } from 'node:fs'
import { toHex } from '../../src/bytes/index.ts'
import {
  agentPrefix,
  journalPrefix,
  keySlotPrefix,
  packPrefix,
  revocationPrefix,
  rewritingKeyKey,
  sealedKeysPrefix,
  selfBackupPrefix,
  snapshotPrefix,
  vaultFileKey,
} from '../../src/format/index.ts'
import { nodePrimitives } from '../../src/vault/index.ts'
import { doings } from '../../test/browser/testing/in-both.ts'
import { under } from '../../test/browser/testing/stored-objects.ts'
import { fromText } from './codec-goldens.ts'
import { requireNotFrozen } from './freeze.ts'
import { readManagedGolden } from './managed-golden.ts'
import { readPrivateGolden } from './private-golden.ts'
import * as blobs from './refused-blobs.ts'
import * as objects from './refused-cases.ts'
import { refusedFile, type RefusedGolden } from './refused.ts'

requireNotFrozen()

const managed = fromText(readManagedGolden().objects)
const first = (prefix: string): Uint8Array => under(managed, prefix)[0]![1]
const slotOf = (kind: number): Uint8Array => under(managed, keySlotPrefix).find(([, bytes]) => bytes[10] === kind)![1]
const smallestPack = under(managed, packPrefix).toSorted(([, left], [, right]) => left.length - right.length)[0]![1]
const sealedKeys = under(fromText(readPrivateGolden().objects), sealedKeysPrefix)[0]![1]

const cases: readonly objects.Case[] = [
  ...blobs.numberCases(),
  ...objects.vaultFileCases(first(vaultFileKey)),
  ...objects.slotCases(slotOf(2), slotOf(3)),
  ...objects.textCases('agent object', first(agentPrefix)),
  ...objects.textCases('revocation', first(revocationPrefix)),
  ...objects.textCases('rewriting key', first(rewritingKeyKey)),
  ...objects.sealedKeysCases(sealedKeys),
  ...objects.packCases(smallestPack),
  ...blobs.segmentCases(objects.firstSegmentHeader(smallestPack)),
  ...blobs.frameCases(),
  ...blobs.pageCases(),
  ...blobs.folderCases(),
  ...blobs.listCases(),
  ...blobs.attributeCases(),
  ...objects.snapshotCases(first(snapshotPrefix)),
  ...objects.bodyCases(),
  ...objects.refsetCases(),
  ...objects.journalCases(first(journalPrefix)),
  ...objects.selfBackupCases(first(selfBackupPrefix)),
]
const outcomes = await doings(nodePrimitives).outcomesOf(cases.map(([, reader, , ...parts]) => ({ reader, parts })))
const goldens = cases.map(([expected, reader, what, ...parts], index): RefusedGolden => {
  const outcome = outcomes[index]!
  const isAsExpected = expected === 'accepted' ? outcome === 'accepted' : /^[a-z-]+\.[a-z-]+$/.test(outcome)
  if (!isAsExpected) throw new Error(`${reader}, ${what}: ${expected} was expected, and it was ${outcome}.`)
  return { reader, what, parts: parts.map(toHex), outcome }
})
writeFileSync(refusedFile, `[\n${goldens.map((golden) => ` ${JSON.stringify(golden)}`).join(',\n')}\n]\n`)
