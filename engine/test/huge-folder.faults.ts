import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Workplace } from './testing/backup-and-restore.ts'
import { differences, makeHugeFolder } from './testing/nasty-tree.ts'

test('a folder of 100,000 entries comes back as it was, and one more costs one page of it', async () => {
  using work = new Workplace()
  const [source, target] = [work.path('source'), work.path('target')]
  mkdirSync(source)
  makeHugeFolder(source, 100_000)
  const backup = await work.backUp([source])
  expect(backup).toMatchObject({ status: 'complete', warningCount: 0, files: 98_900 })
  const restored = await work.restore(backup, target, { flat: true })
  expect(restored).toMatchObject({ status: 'complete', filesWritten: 98_900, filesFailed: 0 })
  expect(differences(source, target)).toBe('')

  writeFileSync(`${source}/huge/one more`, 'x')
  const again = await work.backUp([source])
  expect(again).toMatchObject({ filesNew: 1, filesRead: 1 })
  // The pages around it, the way up from it, and none of the rest.
  expect(again.statistics.packBytes).toBeLessThan(backup.statistics.packBytes / 20)
})
