import type { FolderEntry, TreeEntry } from '@holdfast/engine/format'
import { describe, expect, test } from 'vitest'
import type { SnapshotTree } from '../../vaults/index.ts'
import { zipLimits } from './zip-limits.ts'
import { zipTree, type ZipSource } from './zip-tree.ts'

const fields = {
  mode: 0o644,
  owner: { uid: 0, gid: 0, user: '', group: '' },
  mtimeNs: 0n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null,
  isAncestor: false,
}
/** As in a tree that a hostile device made: what a folder says to hold need not be what it holds. */
const subtree = { files: 0, folders: 0, bytes: 0, errors: 0 }
const folder = (name: string): FolderEntry => ({ ...fields, name: Buffer.from(name), type: 'folder', page: Buffer.alloc(32), subtree })
const link = (name: string): TreeEntry => ({ ...fields, name: Buffer.from(name), type: 'symlink', target: Buffer.from('x') })

/** Every folder of it holds the same, without an end: a tree names its pages by what is in them, and may name one as often as it likes. */
function endless(entries: readonly TreeEntry[]): SnapshotTree & { readonly open: () => number } {
  let open = 0
  return {
    open: () => open,
    async *children() {
      open += 1
      try {
        yield* entries
      } finally {
        open -= 1
      }
    },
    child: async () => null,
    list: async () => null,
    find: async () => null,
    async *read() {
      yield* []
    },
  }
}

async function zipOf(tree: SnapshotTree, limits = zipLimits, over: Partial<ZipSource> = {}): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of zipTree({ tree, parent: null, roots: null, withDeleted: false, ...over }, limits)) parts.push(part)
  return Buffer.concat(parts).toString('latin1')
}

describe('a tree that a hostile device made', () => {
  test('is cut off where it is too deep, and its zip says so', async () => {
    const tree = endless([folder('d'), link('l')])
    const zip = await zipOf(tree, { entries: 1000, depth: 20 })
    const deepest = 'd/'.repeat(20)
    expect(zip).toContain(`${deepest}l`)
    expect(zip).not.toContain(`${deepest}d/`)
    expect(zip).toContain('holdfast-left-out.txt')
    expect(zip).toContain('PK\x05\x06')
    expect(tree.open()).toBe(0)
  })

  test('ends the zip without its directory where it has more than it says, and leaves nothing open', async () => {
    const tree = endless([folder('a'), folder('b')])
    await expect(zipOf(tree, { entries: 5000, depth: 40 })).rejects.toMatchObject({ code: 'snapshot.zip-too-large' })
    expect(tree.open()).toBe(0)
  })
})

describe('what is deleted and kept', () => {
  const gone = <E extends TreeEntry>(entry: E): E => ({ ...entry, deletedAtMs: 1 })
  /** `here` holds `now` and what is deleted, `old` is deleted itself; each folder by its page. */
  const pages: readonly (readonly TreeEntry[])[] = [
    [{ ...folder('here'), page: Buffer.from([1]) }, gone({ ...folder('old'), page: Buffer.from([2]) })],
    [link('now'), gone(link('past'))],
    [gone(link('inside'))],
  ]
  const tree: SnapshotTree = {
    ...endless([]),
    async *children(of) {
      yield* pages[of?.page[0] ?? 0]!
    },
  }
  const namesIn = async (over: Partial<ZipSource>): Promise<string[]> => {
    const zip = await zipOf(tree, zipLimits, over)
    return ['here/', 'here/now', 'here/past', 'old/', 'old/inside'].filter((name) => zip.includes(name))
  }
  async function* only(entry: TreeEntry): AsyncGenerator<TreeEntry> {
    yield entry
  }

  test('is left out, unless all is asked for', async () => {
    expect(await namesIn({})).toEqual(['here/', 'here/now'])
    expect(await namesIn({ withDeleted: true })).toEqual(['here/', 'here/now', 'here/past', 'old/', 'old/inside'])
  })

  test('is in the zip where it is named, with all it holds; a folder that is there brings what is there', async () => {
    expect(await namesIn({ roots: only(pages[0]![1]!) })).toEqual(['old/', 'old/inside'])
    expect(await namesIn({ roots: only(pages[0]![0]!) })).toEqual(['here/', 'here/now'])
  })
})
