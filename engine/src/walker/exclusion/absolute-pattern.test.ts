import { expect, test } from 'vitest'
import { patternsInSource } from './absolute-pattern.ts'

test.each([
  ['/proc', '/', ['/proc']],
  ['/home/ada/.cache', '/home', ['/ada/.cache']],
  ['/home/*/.cache/', '/home', ['/*/.cache/']],
  ['/home/*/.cache/', '/home/ada', ['/.cache/']],
  ['/home/*/.cache/', '/srv', []],
  ['/home/a[bc]/x', '/home/ab', ['/x']],
  ['/home/a[bc]/x', '/home/ad', []],
  ['/srv/**/tmp', '/srv/a/b', ['/**/tmp']],
  ['/**/x/y', '/a/x', ['/y', '/**/x/y']],
  ['/home/caf\xe9/x', '/home/caf\xe9', ['/x']],
])('%s leaves out of %s: %j', (pattern, source, expected) => {
  expect(patternsInSource(pattern, source.split('/').slice(source === '/' ? 2 : 1))).toEqual(expected)
})

test.each([
  ['/mnt', '/mnt'],
  ['/mnt', '/mnt/usb/photos'],
  ['/mnt/*', '/mnt'],
  ['/mnt/**', '/mnt/usb'],
  ['/m*', '/mnt'],
])('a source that was asked for by name is not emptied by a pattern that means it or what is around it: %s, %s', (pattern, source) => {
  expect(patternsInSource(pattern, source.split('/').slice(1))).toEqual([])
})
