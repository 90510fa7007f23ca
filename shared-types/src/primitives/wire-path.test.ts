import { expect, test } from 'vitest'
import { isFileSystemRoot } from './wire-path.ts'

test.each(['/', '//', '/.', '/./', '/..', '/.././/'])('%s is the root of the file system', (path) => {
  expect(isFileSystemRoot({ path })).toBe(true)
  expect(isFileSystemRoot({ path: '/elsewhere', pathBase64: btoa(path) })).toBe(true)
})

test.each(['/a', '/...', '/.a', '/a/..', './', '.', 'C:\\', '/ '])('%s is not', (path) => {
  expect(isFileSystemRoot({ path })).toBe(false)
  expect(isFileSystemRoot({ path: '/', pathBase64: btoa(path) })).toBe(false)
})
