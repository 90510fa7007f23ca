import { expect, test } from 'vitest'
import { aHostEntry } from '../../testing/world.ts'
import { belowFolder, childPath, foldersAbove, hostPathOf, queryOfHostPath } from './host-path.ts'
import { rootsKey, treeRows, unreadFolder, withPart, type FolderState } from './tree-rows.ts'

const at = (path: string) => hostPathOf({ path })
const part = (names: string[], next: string | null = null, total = names.length) => ({
  separator: '/',
  next,
  total,
  items: names.map((name) => aHostEntry(name)),
})

test('a name that is not UTF-8 keeps its bytes on the way to the hub and back', () => {
  const child = childPath(at('/srv'), { name: 'caf\uFFFD', nameBase64: btoa('caf\xe9') }, '/')
  expect(child).toEqual({ bytes: '/srv/caf\xe9', wire: { path: '/srv/caf\uFFFD', pathBase64: btoa('/srv/caf\xe9') } })
  expect(queryOfHostPath(child)).toEqual({ pathBase64: btoa('/srv/caf\xe9').replaceAll('=', '') })
  // A child of it has a name that is text, and yet no path that is.
  expect(childPath(child, { name: 'ü' }, '/').wire.pathBase64).toBe(btoa('/srv/caf\xe9/Ã¼'))
  expect(childPath(at('/'), { name: 'ü' }, '/').wire).toEqual({ path: '/ü' })
})

test('places know what they are in, on every system', () => {
  expect(belowFolder('/home/ada', '/')).toBe('home/ada')
  expect(belowFolder('/home', '/home')).toBeNull()
  expect(belowFolder('C:\\Users\\ada', 'C:\\')).toBe('Users\\ada')
  expect(foldersAbove(at('/home/ada/x')).map(({ bytes }) => bytes)).toEqual(['/', '/home', '/home/ada'])
  expect(foldersAbove(at('C:\\Users\\ada')).map(({ bytes }) => bytes)).toEqual(['C:\\', 'C:\\Users'])
  expect(foldersAbove(at('/'))).toEqual([])
})

test('the tree shows what stands open, and says of each folder what is the matter', () => {
  const folders = new Map<string, FolderState>([
    [rootsKey, withPart(unreadFolder(null), part(['/']))],
    ['/', withPart(unreadFolder(at('/')), part(['.git', 'empty', 'many', 'bad']))],
    ['/empty', withPart(unreadFolder(at('/empty')), part([]))],
    ['/many', withPart(unreadFolder(at('/many')), part(['a'], 'e.YQ', 5000))],
    ['/bad', { ...unreadFolder(at('/bad')), error: new Error('no') }],
  ])
  const rows = (showsHidden: boolean) =>
    treeRows({ folders, expanded: new Set(['/', '/empty', '/many', '/bad', '/closed']), showsHidden }).map(
      (row) => `${row.level} ${row.kind === 'entry' ? row.entry.name : row.kind}`,
    )
  expect(rows(true)).toEqual(['1 /', '2 .git', '2 empty', '3 empty', '2 many', '3 a', '3 more', '2 bad', '3 error'])
  expect(rows(false)).not.toContain('2 .git')
})

test('parts of a folder make the whole, and an entry that comes twice is there once', () => {
  const first = withPart(unreadFolder(at('/srv')), part(['a', 'b'], 'f.Yg', 3))
  const whole = withPart(first, part(['b', 'c'], null, 3))
  expect(whole.items.map(({ path }) => path.bytes)).toEqual(['/srv/a', '/srv/b', '/srv/c'])
  expect([whole.total, whole.next]).toEqual([3, null])
})
