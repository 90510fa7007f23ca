import { expect, test } from 'vitest'
import { toHex } from '../bytes/index.ts'
import { encodeInteriorPage, encodeLeafPage, type TreeEntry } from '../format/index.ts'
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
function folderOf(pages: readonly (readonly TreeEntry[])[]): { reader: TreeReader; root: Uint8Array } {
  const blobs = new Map<string, Uint8Array>()
  const put = (bytes: Uint8Array): Uint8Array => {
    const id = Buffer.alloc(32, blobs.size + 1)
    blobs.set(toHex(id), bytes)
    return id
  }
  const children = pages.map((entries, index) => ({
    firstName: Buffer.from(`page ${index}`),
    page: put(encodeLeafPage(entries)),
    entries: entries.length,
  }))
  const root = put(encodeInteriorPage(1, children))
  return { reader: new TreeReader(async (_type, id) => blobs.get(toHex(id)) ?? Buffer.alloc(0)), root }
}

const namesOf = async (pages: readonly (readonly TreeEntry[])[]): Promise<string[]> => {
  const { reader, root } = folderOf(pages)
  const names: string[] = []
  for await (const { name } of reader.entries(root)) names.push(Buffer.from(name).toString())
  return names
}

test('a folder has no name twice, whatever its pages say: not as a link, and as a folder that is unpacked behind it', async () => {
  expect(await namesOf([[link('a'), folder('b')], [], [folder('c')]])).toEqual(['a', 'b', 'c'])
  await expect(namesOf([[link('a')], [folder('a')]])).rejects.toMatchObject({ code: 'format.invalid' })
  await expect(namesOf([[link('a')], [link('b'), folder('c')], [folder('b')]])).rejects.toMatchObject({ code: 'format.invalid' })
})

test('what comes after skipped pages is in order too', async () => {
  const { reader, root } = folderOf([[link('a'), link('b')], [link('c')], [folder('c')]])
  await expect(
    (async () => {
      for await (const entry of reader.entries(root, 2)) expect(Buffer.from(entry.name).toString()).toBe('c')
    })(),
  ).rejects.toMatchObject({ code: 'format.invalid' })
})
