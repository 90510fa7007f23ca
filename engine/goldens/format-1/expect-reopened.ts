import { expect } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import type { KeySecret } from '../../src/unlock/index.ts'
import { nodePrimitives } from '../../src/vault/index.ts'
import { doings } from '../../test/browser/testing/in-both.ts'
import type { Plain } from '../../test/browser/testing/plain.ts'
import type { Reopened } from '../../test/browser/testing/reopen-objects.ts'
import type { StoredObjects } from '../../test/browser/testing/stored-objects.ts'

type Reopen = (objects: StoredObjects, secret: KeySecret) => Promise<Readonly<Record<string, Reopened>>>

/** Every object opens, is written again as it was, and says what it said. @returns what it says, by key */
export async function expectReopened(
  objects: StoredObjects,
  secret: KeySecret,
  says?: Readonly<Record<string, Plain>>,
  reopen: Reopen = doings(nodePrimitives).reopenObjects,
): Promise<Readonly<Record<string, Plain>>> {
  const reopened = await reopen(objects, secret)
  expect(Object.keys(reopened)).toEqual(Object.keys(objects))
  for (const [key, bytes] of Object.entries(objects)) expect(toHex(reopened[key]!.bytes), key).toBe(toHex(bytes))
  const said = Object.fromEntries(Object.entries(reopened).map(([key, { value }]) => [key, value]))
  if (says !== undefined) expect(said).toEqual(says)
  return said
}
