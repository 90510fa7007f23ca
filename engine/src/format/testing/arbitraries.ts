import fc from 'fast-check'
import { compareBytes } from '../../bytes/index.ts'
import { lengthInPlace } from '../content.ts'
import type { ContentItem, FileContent, Owner, TreeEntry } from '../tree-entry.ts'
import { isSafeName } from '../tree-page.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const id = bytes(32)
const count = fc.maxSafeNat()

export const anOwner: fc.Arbitrary<Owner> = fc.record({
  uid: fc.nat(0xffff_ffff),
  gid: fc.nat(0xffff_ffff),
  user: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => text.isWellFormed()),
  group: fc.string({ maxLength: 20 }),
})
export const aName = fc.uint8Array({ minLength: 1, maxLength: 255 }).filter(isSafeName)
export const anItem: fc.Arbitrary<ContentItem> = fc.oneof(
  fc.record({ kind: fc.constant('data' as const), length: fc.integer({ min: 1, max: 2 ** 32 }), id }),
  fc.record({ kind: fc.constant('hole' as const), length: fc.integer({ min: 1, max: 2 ** 47 }) }),
)
export const aContent: fc.Arbitrary<FileContent> = fc.oneof(
  fc.record({ kind: fc.constant('inline' as const), bytes: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: fc.constant('items' as const), items: fc.array(anItem, { minLength: 1, maxLength: 32 }) }),
  fc.record({ kind: fc.constant('list' as const), id }),
)

const fields = {
  name: aName,
  mode: fc.nat(0o7777),
  owner: anOwner,
  mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  hardLinkGroup: fc.option(bytes(16)),
  attributes: fc.option(id),
  deletedAtMs: fc.option(count),
  isAncestor: fc.boolean(),
}
/** What content in place says of the size of its file; of a list, any. */
const aFile = fc
  .record({ ...fields, type: fc.constant('file' as const), size: count, content: aContent })
  .map((file) => ({ ...file, size: lengthInPlace(file.content) ?? file.size }))
const known = fc.constantFrom('file' as const, 'folder' as const, 'symlink' as const, 'fifo' as const, 'char-device' as const)
export const anEntry: fc.Arbitrary<TreeEntry> = fc.oneof(
  aFile,
  fc.record({
    ...fields,
    type: fc.constant('folder' as const),
    page: id,
    subtree: fc.record({ files: count, folders: count, bytes: count, errors: count }),
  }),
  fc.record({ ...fields, type: fc.constant('symlink' as const), target: fc.uint8Array({ maxLength: 4096 }) }),
  fc.record({ ...fields, type: fc.constantFrom('fifo' as const, 'socket' as const) }),
  fc.record({
    ...fields,
    type: fc.constantFrom('char-device' as const, 'block-device' as const),
    major: fc.nat(0xfff),
    minor: fc.nat(0xfffff),
  }),
  fc.record({
    ...fields,
    type: fc.constant('error' as const),
    knownType: fc.option(known),
    code: fc.string({ maxLength: 40 }).filter((text) => text.isWellFormed()),
  }),
)

/** Entries of one folder: ascending and without twins. */
export const aFolder = (maxLength: number): fc.Arbitrary<TreeEntry[]> =>
  fc
    .uniqueArray(anEntry, { maxLength, selector: (entry) => Buffer.from(entry.name).toString('latin1') })
    .map((entries) => entries.sort((left, right) => compareBytes(left.name, right.name)))
