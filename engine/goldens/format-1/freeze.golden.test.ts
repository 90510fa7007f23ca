import { expect, test } from 'vitest'
import { freeze, goldenFiles, requireNotFrozen, sha256Of } from './freeze.ts'

test('goldens of a frozen format are what they were, and are not made again', () => {
  const now = Object.fromEntries(goldenFiles.map((file) => [file, sha256Of(file)]))
  if (freeze.state === 'frozen') {
    expect(now).toEqual(freeze.sha256)
    expect(requireNotFrozen).toThrow(/frozen/)
  } else expect({ ...now, ...freeze.sha256 }).toEqual(now)
})
