import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ScaleTree } from './scale-tree.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const { signal } = new AbortController()

/** Path → hash of the file's bytes. */
function contentsOf(place: string): Map<string, string> {
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [path, createHash('sha256').update(readFileSync(path)).digest('hex')]
    }),
  )
}

test('a larger tree is the smaller one with more folders: nothing changes, and no file comes twice', async () => {
  const tree = new ScaleTree(join(folder, 'tree'), 2000)
  await tree.growTo(2000, signal)
  expect({ files: tree.files, folders: tree.folders, wide: tree.wideFiles }).toEqual({ files: 2200, folders: 2, wide: 200 })
  const smaller = contentsOf(tree.folder)
  expect(smaller.size).toBe(2200)

  await tree.growTo(4200, signal)
  expect({ files: tree.files, folders: tree.folders, wide: tree.wideFiles }).toEqual({ files: 4200, folders: 4, wide: 200 })
  expect(readdirSync(tree.folder).toSorted()).toEqual(['0000', '0001', '0002', '0003', 'wide'])
  const larger = contentsOf(tree.folder)
  for (const [path, hash] of smaller) expect(larger.get(path), path).toBe(hash)
  expect(new Set(larger.values()).size).toBe(4200)
  expect(tree.bytes).toBe([...larger.keys()].reduce((sum, path) => sum + readFileSync(path).length, 0))
})

test('a tree that is being made stops when it is asked to', async () => {
  const stop = new AbortController()
  const tree = new ScaleTree(join(folder, 'tree'), 1000)
  const growing = tree.growTo(10_000_000, stop.signal)
  setImmediate(() => stop.abort(new Error('stopped')))
  await expect(growing).rejects.toThrow('stopped')
  expect(tree.folders).toBeLessThan(10)
})
