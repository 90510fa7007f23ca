import { expect, test } from 'vitest'
import { splitPath } from './split-path.ts'

test.each([
  ['/home/ada/notes.txt', '/home/ada', '/notes.txt'],
  ['C:\\Users\\Ada\\notes.txt', 'C:\\Users\\Ada', '\\notes.txt'],
  ['/srv/share/', '/srv', '/share/'],
  ['/', '', '/'],
  ['notes', '', 'notes'],
  ['', '', ''],
])('%s is cut before its last name', (path, head, tail) => {
  expect(splitPath(path)).toEqual({ head, tail })
})

test('a very long name is cut, and no letter is lost', () => {
  const path = `/home/${'x'.repeat(300)}.zst`
  const { head, tail } = splitPath(path)
  expect(head + tail).toBe(path)
  expect(tail).toHaveLength(48)
})
