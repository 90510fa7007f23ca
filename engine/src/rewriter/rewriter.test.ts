import { expect, test } from 'vitest'
import { toHex } from '../bytes/index.ts'
import { blobTypes, buildFolderPages, type BlobType, type SubtreeCounts, type TreeEntry } from '../format/index.ts'
import { TreeReader } from '../reader/index.ts'
import { limitVersions } from './limit-versions.ts'
import { PathFilter } from './path-filter.ts'
import { reachedBlobs } from './reached-blobs.ts'
import { rewriteTree, type EntryFilter, type RewrittenTree } from './rewrite-tree.ts'

const seed = 7
const bytes = (text: string): Uint8Array => Buffer.from(text)
const fields = (name: string) => ({
  name: bytes(name),
  mode: 0o644,
  owner: { uid: 0, gid: 0, user: '', group: '' },
  mtimeNs: 0n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null as number | null,
  isAncestor: false,
})

/** A file's content, a folder, or something that was deleted and kept. */
type Node = string | { readonly [name: string]: Node } | { readonly deleted: Node }
const isDeleted = (node: Node): node is { readonly deleted: Node } => typeof node === 'object' && 'deleted' in node

/** Pages under ids that say what is in them: the same page has the same id. */
class Trees {
  readonly pages = new Map<string, Uint8Array>()
  readonly read: string[] = []
  readonly reader = new TreeReader(async (_type, id) => {
    this.read.push(toHex(id))
    return this.pages.get(toHex(id))!
  })

  put = (page: Uint8Array): Uint8Array => {
    const known = [...this.pages].find(([, other]) => Buffer.compare(other, page) === 0)
    const id = known === undefined ? Buffer.alloc(32, this.pages.size + 1) : Buffer.from(known[0], 'hex')
    this.pages.set(toHex(id), page)
    return id
  }

  folder(nodes: { readonly [name: string]: Node }, isKept = false): { page: Uint8Array; counts: SubtreeCounts } {
    const counts = { files: 0, folders: 0, bytes: 0, errors: 0 }
    const names = Object.keys(nodes).toSorted((left, right) => Buffer.compare(bytes(left), bytes(right)))
    const entries = names.map((name): TreeEntry => {
      const node = nodes[name]!
      const isGone = isDeleted(node)
      const inner = isGone ? node.deleted : node
      const entry = this.#entry(name, inner, isGone || isKept)
      if (isGone && !isKept) return { ...entry, deletedAtMs: 1 }
      if (entry.type === 'file') {
        counts.files++
        counts.bytes += entry.size
      } else if (entry.type === 'folder') {
        counts.files += entry.subtree.files
        counts.folders += entry.subtree.folders + 1
        counts.bytes += entry.subtree.bytes
      }
      return isKept ? { ...entry, deletedAtMs: 1 } : entry
    })
    return { page: buildFolderPages(entries, seed, this.put), counts }
  }

  #entry(name: string, node: Node, isKept: boolean): TreeEntry {
    if (typeof node !== 'string') {
      const { page, counts } = this.folder(node, isKept)
      return { ...fields(name), type: 'folder', page, subtree: counts }
    }
    return { ...fields(name), type: 'file', size: node.length, content: { kind: 'inline', bytes: bytes(node) } }
  }

  rewrite(top: { page: Uint8Array; counts: SubtreeCounts }, filter: EntryFilter): Promise<RewrittenTree> {
    return rewriteTree({ reader: this.reader, pageSeed: seed, putPage: this.put, onFolder: async () => undefined }, top, filter)
  }
}

const parts = (path: string): Uint8Array[] => path.split('/').filter(Boolean).map(bytes)
const without = (paths: readonly string[], patterns: readonly string[] = [], sources: readonly string[] = ['/home']): EntryFilter =>
  new PathFilter({ paths: paths.map(parts), patterns: patterns.map(bytes) }, sources.map(parts)).verdictOf

const home = {
  home: { ada: { 'a.txt': 'aaaa', 'key.pem': 'kk', docs: { 'b.txt': 'b', 'key.pem': 'kkk' } }, bob: { 'c.txt': 'cc' } },
  etc: { x: 'x' },
}

test.each([
  ['a file', without(['/home/ada/key.pem']), { ...home, home: { ...home.home, ada: { 'a.txt': 'aaaa', docs: home.home.ada.docs } } }, 1, 2],
  ['a folder with all that is in it', without(['/home/ada']), { ...home, home: { bob: home.home.bob } }, 6, 10],
  ['a source itself', without(['/home']), { etc: home.etc }, 9, 12],
  [
    'what a pattern matches, in sources alone',
    without([], ['*.pem', 'x']),
    { ...home, home: { ...home.home, ada: { 'a.txt': 'aaaa', docs: { 'b.txt': 'b' } } } },
    2,
    5,
  ],
  [
    'folders by a pattern for folders',
    without([], ['docs/']),
    { ...home, home: { ...home.home, ada: { 'a.txt': 'aaaa', 'key.pem': 'kk' } } },
    3,
    4,
  ],
] as const)('a tree loses %s, as if it had never been there', async (_, filter, expected, ...[entries, size]) => {
  const trees = new Trees()
  const rewritten = await trees.rewrite(trees.folder(home), filter)
  const made = trees.folder(expected)
  expect(toHex(rewritten.root)).toBe(toHex(made.page))
  expect(rewritten).toMatchObject({ counts: made.counts, entriesDropped: entries, bytesDropped: size })
})

test('a tree of which nothing goes is the old one, and nothing is put; folders in which nothing can go are not read', async () => {
  const trees = new Trees()
  const top = trees.folder(home)
  const before = trees.pages.size
  const rewritten = await trees.rewrite(top, without(['/home/eve/x', '/etc/y']))
  expect(rewritten).toMatchObject({ root: top.page, counts: top.counts, entriesDropped: 0 })
  expect(trees.pages.size).toBe(before)
  expect(trees.read).toHaveLength(3)
})

test('what is deleted and kept goes as everything else, and counts as before: in a folder that is deleted itself, and nowhere else', async () => {
  const trees = new Trees()
  const top = trees.folder({ home: { gone: { deleted: { a: 'aa', b: 'bbb' } }, old: { deleted: 'o' }, new: 'nn' } })
  const rewritten = await trees.rewrite(top, without(['/home/gone/a', '/home/old']))
  const made = trees.folder({ home: { gone: { deleted: { b: 'bbb' } }, new: 'nn' } })
  expect(toHex(rewritten.root)).toBe(toHex(made.page))
  expect(rewritten).toMatchObject({ counts: made.counts, entriesDropped: 2, bytesDropped: 3 })
})

test('one entry fewer of a large folder changes few pages', async () => {
  const trees = new Trees()
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`file-${String(index).padStart(5, '0')}`, `${index}`]))
  const top = trees.folder({ home: many })
  const before = trees.pages.size
  await trees.rewrite(top, without(['/home/file-01500']))
  expect(trees.pages.size - before).toBeLessThanOrEqual(4)
})

test('everything a tree needs is told once', async () => {
  const trees = new Trees()
  const { page } = trees.folder({ a: { x: '1' }, b: { x: '1' }, c: { y: '2' } })
  const met = new Set<string>()
  const told: string[] = []
  const fetch = async (_: BlobType, id: Uint8Array): Promise<Uint8Array> => trees.pages.get(toHex(id))!
  const isNew = async (blobs: readonly { id: Uint8Array }[]): Promise<boolean[]> =>
    blobs.map(({ id }) => met.size < met.add(toHex(id)).size)
  for await (const blobs of reachedBlobs(fetch, [{ type: blobTypes.treePage, id: page }], isNew))
    told.push(...blobs.map(({ id }) => toHex(id)))
  expect(told.toSorted()).toEqual([...trees.pages.keys()].toSorted())
})

async function limited(snapshots: readonly { readonly [name: string]: Node }[], most: number, isProtected: readonly number[] = [0]) {
  const trees = new Trees()
  const tops = snapshots.map((nodes) => trees.folder(nodes))
  const group = tops.map(({ page }, index) => ({ root: page, isProtected: isProtected.includes(index) }))
  const { effects, filter } = await limitVersions(trees.reader, group, most, async () => undefined)
  const roots: string[] = []
  for (const [index, top] of tops.entries())
    roots.push(toHex(isProtected.includes(index) ? top.page : (await trees.rewrite(top, filter)).root))
  return { effects, roots, rootOf: (nodes: { readonly [name: string]: Node }) => toHex(trees.folder(nodes).page), read: trees.read }
}

test('of each file the newest contents stay, wherever they are; equal ones are one version, and other files are none of its business', async () => {
  const snapshots = ['4', '3', '3', '2', '4', '1'].map((a, index) => ({ home: { a, same: 'same', [`only-${index}`]: 'x' } }))
  const { effects, roots, rootOf } = await limited(snapshots, 2)
  expect(effects.map(({ entries }) => entries)).toEqual([0, 0, 0, 1, 0, 1])
  expect(roots).toEqual([
    ...snapshots.slice(0, 3).map(rootOf),
    rootOf({ home: { same: 'same', 'only-3': 'x' } }),
    rootOf(snapshots[4]!),
    rootOf({ home: { same: 'same', 'only-5': 'x' } }),
  ])
})

test('what is protected counts, and loses nothing', async () => {
  const snapshots = ['4', '3', '2', '1'].map((a) => ({ a }))
  const { effects, roots, rootOf } = await limited(snapshots, 1, [0, 2])
  expect(effects).toEqual([0, 1, 0, 1].map((entries) => ({ entries, bytes: entries })))
  expect(roots).toEqual([rootOf({ a: '4' }), rootOf({}), rootOf({ a: '2' }), rootOf({})])
})

test('folders that hardly differ are not read', async () => {
  const big = { big: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, { x: `${index}` }])) }
  const { read } = await limited(
    ['3', '2', '1'].map((a) => ({ ...big, changing: { a } })),
    2,
  )
  // The top and the one that has more versions than that, of three snapshots; the second reading is that of rewriting one.
  expect(new Set(read).size).toBeLessThanOrEqual(6)
})
