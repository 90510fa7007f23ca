import type { TreeEntry } from '@holdfast/engine/format'
import { expect, test } from 'vitest'
import { requireZippable, zipLimits } from './zip-limits.ts'

const folder = (files: number, folders: number) => ({ type: 'folder', subtree: { files, folders, bytes: 0, errors: 0 } }) as TreeEntry
const file = { type: 'file' } as TreeEntry
const refused = expect.objectContaining({ code: 'snapshot.zip-too-large' })

test('counts chosen folders themselves, and leaves the walk room for links, which no list counts', () => {
  requireZippable([{ files: 999_000, folders: 1000 }])
  expect(() => requireZippable([{ files: 999_001, folders: 1000 }])).toThrow(refused)
  requireZippable([folder(900_000, 99_998), file])
  expect(() => requireZippable([folder(900_000, 99_999), file])).toThrow(refused)
  expect(zipLimits.entries).toBe(2_000_000)
})
