import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { CataloguedBlob, CataloguedContent, CataloguedFile } from './catalogue/index.ts'
import { emptyFields } from './empty-fields.ts'
import { fromLinkedEntry, toLinkedEntry, type KeptEntry } from './linked-entry.ts'

const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const blob = (ticket: number): CataloguedBlob => ({ id: bytes(32), ticket })
const data = (length: number) => ({ kind: 'data', length, id: bytes(32) }) as const
const group = bytes(16)
const common = { ...emptyFields, mode: 0o4755, owner: { uid: 1, gid: 2, user: 'u', group: 'g' }, mtimeNs: -5n, hardLinkGroup: group }

function aFile(name: Uint8Array, content: CataloguedContent, attributes: CataloguedBlob | null): KeptEntry {
  const catalogued: CataloguedFile = {
    name,
    size: 2 ** 40,
    mtimeNs: -5n,
    ctimeNs: 7n,
    inode: 2n ** 63n,
    device: 9n,
    isTrusted: attributes === null,
    content,
    attributes,
  }
  const root = content.kind === 'stored' ? content.lists.at(-1) : undefined
  return {
    catalogued,
    entry: {
      ...common,
      name,
      attributes: attributes?.id ?? null,
      type: 'file',
      size: 2 ** 40,
      content:
        content.kind === 'inline' ? content : root === undefined ? { kind: 'items', items: content.items } : { kind: 'list', id: root.id },
    },
  }
}

const [first, other] = [bytes(200), bytes(20)]
const onePiece: CataloguedContent = { kind: 'stored', items: [data(5000)], tickets: [70_000], lists: [] }
const contents: Record<string, CataloguedContent> = {
  'no content': { kind: 'inline', bytes: new Uint8Array(0) },
  'content in place': { kind: 'inline', bytes: bytes(200) },
  'one piece': onePiece,
  'holes and pieces': { kind: 'stored', items: [{ kind: 'hole', length: 4096 }, data(1), data(2)], tickets: [1, 2], lists: [] },
  'a list': {
    kind: 'stored',
    items: Array.from({ length: 40 }, () => data(9)),
    tickets: Array.from({ length: 40 }, (_, at) => at),
    lists: [blob(3), blob(4)],
  },
}

test.each(Object.entries(contents))('another name of a file with %s is as the first', (_what, content) => {
  for (const attributes of [null, blob(300)]) {
    const linked = toLinkedEntry(aFile(first, content, attributes))
    expect(fromLinkedEntry(linked, other, group)).toEqual(aFile(other, content, attributes))
  }
})

test('another name of a symlink is as the first', () => {
  const kept: KeptEntry = { entry: { ...common, name: first, type: 'symlink', target: bytes(30) }, catalogued: null }
  expect(fromLinkedEntry(toLinkedEntry(kept), other, group)).toEqual({ ...kept, entry: { ...kept.entry, name: other } })
})

test('what is held of a file that may have more names is small, and has no memory to itself', () => {
  const linked = toLinkedEntry(aFile(first, onePiece, null))
  expect(linked).toMatchObject({ kind: 'file', owner: common.owner })
  if (linked.kind !== 'file') return
  expect(linked.line.length).toBeLessThan(100)
  expect(linked.line.buffer.byteLength).toBe(Buffer.poolSize)
})
