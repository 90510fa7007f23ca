import { describe, expect, test } from 'vitest'
import type { FileIdentity } from './catalogue/index.ts'
import { isRacy, isSameState } from './change-detection.ts'

const lookedAtMs = 1_800_000_000_000
const ns = (offsetMs: number): bigint => BigInt(lookedAtMs + offsetMs) * 1_000_000n
const aFile = (over: Partial<FileIdentity> = {}): FileIdentity => ({
  size: 1,
  mtimeNs: ns(-60_000),
  ctimeNs: ns(-60_000),
  inode: 5n,
  device: 6n,
  ...over,
})

describe('a file is believed', () => {
  test('when it was left alone for more than two seconds', () =>
    expect(isRacy(aFile({ mtimeNs: ns(-2001), ctimeNs: ns(-2001) }), lookedAtMs)).toBe(false))
  test('when its modification time was set far into the future, since the next write brings it back', () =>
    expect(isRacy(aFile({ mtimeNs: ns(1e12) }), lookedAtMs)).toBe(false))
})

describe('a file is not believed', () => {
  test.each<[string, Partial<FileIdentity>]>([
    ['its inode changed two seconds ago', { ctimeNs: ns(-2000) }],
    ['its inode changed in the tick of the look', { ctimeNs: ns(0) }],
    ['its inode changed in the future: some clock is wrong', { ctimeNs: ns(1e9) }],
    ['its content changed a moment ago, whatever its inode says', { mtimeNs: ns(-1) }],
    ['its content changed a moment ahead of our clock', { mtimeNs: ns(1500) }],
  ])('when %s', (_, over) => expect(isRacy(aFile(over), lookedAtMs)).toBe(true))
})

test.each(['size', 'mtimeNs', 'ctimeNs', 'inode', 'device'] as const)('another %s is another state', (field) => {
  expect(isSameState(aFile(), aFile())).toBe(true)
  expect(isSameState(aFile(), aFile({ [field]: field === 'size' ? 2 : aFile()[field] + 1n }))).toBe(false)
})
