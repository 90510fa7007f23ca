import { closeSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { ExtendedAttribute } from '../format/index.ts'
import { readAttributes, removeAttribute, setAttribute } from './index.ts'
import { systemCode } from './system-call-error.ts'
import { makeScratchFolder } from './testing/scratch-folder.ts'

const attribute = (name: string, value: Uint8Array): ExtendedAttribute => ({ name: new Uint8Array(Buffer.from(name)), value })
/** What a test set itself: others may be there, from SELinux for example. */
const users = (attributes: readonly ExtendedAttribute[]) =>
  attributes.filter(({ name }) => Buffer.from(name).toString().startsWith('user.'))

function isSupported(): boolean {
  const scratch = makeScratchFolder()
  try {
    setAttribute(Buffer.from(scratch.path), attribute('user.try', new Uint8Array(1)))
    return true
  } catch (error) {
    if (systemCode(error) !== 'EOPNOTSUPP') throw error
    return false
  } finally {
    scratch.remove()
  }
}

// A file system without attributes of users (an old tmpfs, some of containers) has nothing to read back.
test.skipIf(!isSupported())('attributes read back byte for byte, in the order of their names, from a path and from an open file', () => {
  const scratch = makeScratchFolder()
  const filePath = Buffer.from(path.join(scratch.path, 'file'))
  writeFileSync(filePath, '')
  expect(users(readAttributes(filePath))).toEqual([])
  const given = [
    attribute('user.a', new Uint8Array()),
    attribute(
      'user.b',
      Uint8Array.from({ length: 2000 }, (_, i) => i & 0xff),
    ),
    attribute('user.ü\n', Uint8Array.of(0)),
  ]
  const fd = openSync(filePath, 'r+')
  for (const one of given.toReversed()) setAttribute(one.name[5] === 0x61 ? fd : filePath, one)
  expect(users(readAttributes(filePath))).toEqual(given)
  expect(users(readAttributes(fd))).toEqual(given)
  removeAttribute(fd, given[0]!.name)
  removeAttribute(filePath, given[1]!.name)
  removeAttribute(fd, Buffer.from('user.never-there'))
  expect(users(readAttributes(filePath))).toEqual(given.slice(2))
  closeSync(fd)
  // Of the link itself, not of where it leads.
  symlinkSync('file', path.join(scratch.path, 'link'))
  expect(users(readAttributes(Buffer.from(path.join(scratch.path, 'link'))))).toEqual([])
  scratch.remove()
})

test('a file system without attributes has none, and a missing file is told', () => {
  expect(readAttributes(Buffer.from('/proc/self/status'))).toEqual([])
  expect(() => readAttributes(Buffer.from('/absent'))).toThrow(expect.objectContaining({ code: 'source.not-found' }))
})
