import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { toHex } from '../bytes/index.ts'
import { HardLinks, type LinkedInode } from './hard-links.ts'

const path = (name: string) => () => Buffer.from(`/source/${name}`)
const inode = (over: Partial<LinkedInode> = {}): LinkedInode => ({ device: 1n, inode: 7n, linkCount: 3, size: 10, mtimeNs: 1n, ...over })

test('all names of one inode are one group, and the next inode is another', () => {
  const links = new HardLinks(randomBytes(32))
  const first = links.groupOf(inode(), path('a'))
  expect(links.groupOf(inode(), path('b'))).toBe(first)
  expect(links.groupOf(inode({ inode: 8n }), path('c'))).not.toBe(first)
  expect(links.groupOf(inode({ device: 2n }), path('d'))).not.toBe(first)
  expect(links.groupOf(inode(), path('e'))).toBe(first)
})

test.each([{ size: 11 }, { mtimeNs: 2n }])(
  'an inode whose number was given to another file during the walk (now %o) does not take over the content of the first',
  (change) => {
    const links = new HardLinks(randomBytes(32))
    const first = links.groupOf(inode(), path('deleted meanwhile'))
    const second = links.groupOf(inode(change), path('new'))
    expect(second).not.toBe(first)
    expect(toHex(second.id)).not.toBe(toHex(first.id))
    // Its own names find one another.
    expect(links.groupOf(inode(change), path('new too'))).toBe(second)
  },
)
