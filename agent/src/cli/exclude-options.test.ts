import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '@holdfast/shared-types'
import { readExclusions, type ExcludeArguments } from './exclude-options.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-exclude-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const nothing: ExcludeArguments = { patterns: [], files: [], presets: [], caches: false, oneFileSystem: false }
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
function problemOf(changes: Partial<ExcludeArguments>): string {
  try {
    readExclusions({ ...nothing, ...changes })
  } catch (error) {
    if (error instanceof AppError) return error.message.replaceAll(`${folder}/`, '')
    throw error
  }
  return ''
}

test('files come before the command line, without comments, empty lines and the marks of Windows editors', () => {
  const one = file('one', '\ufeff# build\n*.o\r\n\r\n  \n!keep.o\n\\#odd\nspace\\ ')
  const two = file('two', 'ä?\n')
  expect(readExclusions({ ...nothing, patterns: ['/last', '!first'], files: [one, two], caches: true })).toEqual({
    exclude: ['*.o', '!keep.o', '\\#odd', 'space\\ ', 'ä?', '/last', '!first'],
    excludeCaches: true,
  })
})

test('a command line without any says nothing at all', () => {
  expect(readExclusions(nothing)).toEqual({})
  expect(readExclusions({ ...nothing, files: [file('empty', '# none\n')] })).toEqual({})
})

test('a pattern that can exclude nothing is told with its file and line', () => {
  expect(problemOf({ files: [file('list', '# names\r\n*.o\r\na[b\r\n')] })).toMatch(/^list, line 3: the pattern “a\[b” .* never closed/)
  expect(problemOf({ patterns: ['ok', '!'] })).toMatch(/^--exclude: the pattern “!” .* names nothing/)
  expect(problemOf({ patterns: ['x'.repeat(5000)] })).toMatch(/longer than 4,096 letters\.$/)
})

test('a file that is not there, or no text, is told as such', () => {
  expect(problemOf({ files: [join(folder, 'none')] })).toBe('The file of exclusions none cannot be read (ENOENT).')
  expect(problemOf({ files: [file('bytes', Buffer.from('ok\nca\xff\nx\n', 'latin1'))] })).toMatch(/^bytes, line 2: it is not UTF-8/)
})

test('more than a message carries is refused here, not by the hub', () => {
  const many = file('many', Array.from({ length: 2001 }, (_, n) => `n${n}\n`).join(''))
  expect(problemOf({ files: [many] })).toBe('These are too many patterns: 2001.')
})

test('a preset that this system has not is told with those it has', () => {
  expect(problemOf({ presets: ['nonsense'] })).toContain('no preset “nonsense”')
})
