import { expect, test } from 'vitest'
import { checkFolders, foldersOf, linesOf } from './backup-folders.ts'

test('folders are one line each; blank lines and repetitions do not count', () => {
  expect(foldersOf('/home\n\n  /etc\r\n/home\n', [])).toEqual([{ path: '/home' }, { path: '/etc' }])
})

test('a space at the end belongs to the name', () => {
  expect(foldersOf('/srv/odd name ', [])).toEqual([{ path: '/srv/odd name ' }])
})

test('paths of Windows and of shares are absolute too', () => {
  expect(checkFolders('C:\\Users\nD:/data\n\\\\nas\\share')).toBeNull()
})

test('no folder, a relative one and too many are told apart', () => {
  expect(checkFolders(' \n')).toEqual({ mistake: 'none', line: '' })
  expect(checkFolders('/home\nDocuments')).toEqual({ mistake: 'relative', line: 'Documents' })
  expect(checkFolders(Array.from({ length: 1001 }, (_, index) => `/d${index}`).join('\n'))?.mistake).toBe('too-many')
})

test('a remembered folder keeps its raw bytes while its line is left as it was', () => {
  const remembered = [{ path: '/srv/caf\uFFFD', pathBase64: 'L3Nydi9jYWbp' }, { path: '/etc' }]
  expect(foldersOf(linesOf(remembered), remembered)).toEqual(remembered)
  expect(foldersOf('/srv/caf\uFFFD/x', remembered)).toEqual([{ path: '/srv/caf\uFFFD/x' }])
})
