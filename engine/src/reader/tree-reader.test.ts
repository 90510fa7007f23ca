import { expect, test } from 'vitest'
import { ByteWriter, toHex } from '../bytes/index.ts'
import {
  buildContent,
  encodeInteriorPage,
  encodeLeafPage,
  type ContentItem,
  type FileEntry,
  type PageChild,
  type TreeEntry,
} from '../format/index.ts'
import { TreeReader } from './tree-reader.ts'

const fields = {
  mode: 0o755,
  owner: { uid: 0, gid: 0, user: '', group: '' },
  mtimeNs: 0n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null,
  isAncestor: false,
}
const link = (name: string): TreeEntry => ({ ...fields, name: Buffer.from(name), type: 'symlink', target: Buffer.from('/etc') })
const folder = (name: string): TreeEntry => ({
  ...fields,
  name: Buffer.from(name),
  type: 'folder',
  page: Buffer.alloc(32),
  subtree: { files: 0, folders: 0, bytes: 0, errors: 0 },
})

/** A folder of these leaf pages, each well in itself. */
function folderOf(
  pages: readonly (readonly TreeEntry[])[],
  change = (child: PageChild): PageChild => child,
): { reader: TreeReader; root: Uint8Array } {
  const blobs = new Map<string, Uint8Array>()
  const put = (bytes: Uint8Array): Uint8Array => {
    const id = Buffer.alloc(32, blobs.size + 1)
    blobs.set(toHex(id), bytes)
    return id
  }
  const children = pages.map((entries, index) => ({
    firstName: entries[0]?.name ?? Buffer.from(`page ${index}`),
    page: put(encodeLeafPage(entries)),
    entries: entries.length,
  }))
  const root = put(encodeInteriorPage(1, children.map(change)))
  return { reader: new TreeReader(async (_type, id) => blobs.get(toHex(id)) ?? Buffer.alloc(0)), root }
}

const namesOf = async (pages: readonly (readonly TreeEntry[])[]): Promise<string[]> => {
  const { reader, root } = folderOf(pages)
  const names: string[] = []
  for await (const { name } of reader.entries(root)) names.push(Buffer.from(name).toString())
  return names
}

test('a folder has no name twice, whatever its pages say: not as a link, and as a folder that is unpacked behind it', async () => {
  expect(await namesOf([[link('a'), folder('b')], [folder('c')]])).toEqual(['a', 'b', 'c'])
  await expect(namesOf([[link('a')], [folder('a')]])).rejects.toMatchObject({ code: 'format.invalid' })
  await expect(
    namesOf([
      [link('a'), link('c')],
      [link('b'), folder('c')],
    ]),
  ).rejects.toMatchObject({ code: 'format.invalid' })
})

test('a page says what is below it, or whoever lists a folder would see another than who looks for a name', async () => {
  const pages = [[link('a'), link('b')], [link('c')]]
  const untrue = [
    (child: PageChild): PageChild => ({ ...child, entries: child.entries + 1 }),
    (child: PageChild): PageChild => ({ ...child, firstName: Buffer.concat([child.firstName, Buffer.from('x')]) }),
  ]
  for (const change of untrue) {
    const { reader, root } = folderOf(pages, change)
    await expect(reader.find(root, Buffer.from('d'))).rejects.toMatchObject({ code: 'format.invalid' })
    await expect(reader.entries(root).next()).rejects.toMatchObject({ code: 'format.invalid' })
  }
  await expect(namesOf([[link('a')], [], [link('c')]])).rejects.toMatchObject({ code: 'format.invalid' })
})

test('a list of content says how much is in it, or what comes after would lie elsewhere', async () => {
  const lists = new Map<string, Uint8Array>()
  const items = Array.from({ length: 5000 }, (): ContentItem => ({ kind: 'hole', length: 10 }))
  const content = buildContent(items, (list) => {
    const id = Buffer.alloc(32, lists.size + 1)
    lists.set(toHex(id), list)
    return id
  })
  const reader = new TreeReader(async (_type, id) => lists.get(toHex(id)) ?? Buffer.alloc(0))
  const file: FileEntry = { ...fields, name: Buffer.from('f'), type: 'file', size: 50_000, content }
  const readAll = async (skipBytes: number): Promise<number> => {
    let count = 0
    for await (const _ of reader.items(file, skipBytes)) count++
    return count
  }
  expect(await readAll(0)).toBe(5000)
  // The top says that the first list holds so much less, and the second so much more: together it is the file's size.
  const [first, second, top] = [...lists.keys()] as [string, string, string]
  const said = (bytes: number): Uint8Array => Buffer.from(new ByteWriter().varint(bytes).view())
  const changed = Buffer.from(lists.get(top)!)
  changed.set(said(40_950), changed.indexOf(said(40_960)))
  changed.set(said(9050), changed.indexOf(said(9040)))
  lists.set(top, changed)
  for (const skipBytes of [0, 45_000]) await expect(readAll(skipBytes)).rejects.toMatchObject({ code: 'format.invalid' })
  expect([first, second].every((id) => lists.has(id))).toBe(true)
})

test('what comes after skipped pages is in order too', async () => {
  const { reader, root } = folderOf([[link('a'), link('b')], [link('c'), link('e')], [folder('d')]])
  await expect(
    (async () => {
      for await (const entry of reader.entries(root, 2)) expect(Buffer.from(entry.name).toString()).toMatch(/[ce]/)
    })(),
  ).rejects.toMatchObject({ code: 'format.invalid' })
})
