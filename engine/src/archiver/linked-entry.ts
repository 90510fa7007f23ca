import { ByteReader, ByteWriter } from '../bytes/index.ts'
import type { Owner, TreeEntry } from '../format/index.ts'
import { contentOf, readFile, writeFile, type CataloguedFile } from './catalogue/index.ts'
import { emptyFields } from './empty-fields.ts'

export interface KeptEntry {
  readonly entry: Exclude<TreeEntry, { type: 'folder' }>
  readonly catalogued: CataloguedFile | null
}

/**
 * What all names of an inode share. Of a file in some 100 bytes, where objects take ten times as many: a tree of hard links, as
 * incremental copies by rsync are, has millions of them, and each is held until all its names were seen.
 */
export type LinkedEntry =
  | { readonly kind: 'file'; readonly mode: number; readonly owner: Owner; readonly line: Uint8Array }
  /** Symlinks and the like: few have more than one name. */
  | { readonly kind: 'other'; readonly entry: KeptEntry['entry'] }

const noName = new Uint8Array(0)

export function toLinkedEntry({ entry, catalogued }: KeptEntry): LinkedEntry {
  if (catalogued === null) return { kind: 'other', entry }
  const writer = new ByteWriter()
  writeFile(writer, { ...catalogued, name: noName })
  // Small copies share memory; one of its own takes more than the line.
  const { buffer, byteOffset, byteLength } = Buffer.from(writer.toBytes())
  return { kind: 'file', mode: entry.mode, owner: entry.owner, line: new Uint8Array(buffer, byteOffset, byteLength) }
}

/** @param group its 16 bytes. */
export function fromLinkedEntry(linked: LinkedEntry, name: Uint8Array, group: Uint8Array): KeptEntry {
  if (linked.kind === 'other') return { entry: { ...linked.entry, name }, catalogued: null }
  const { mode, owner, line } = linked
  const catalogued = { ...readFile(new ByteReader(line)), name }
  const { size, mtimeNs, content, attributes } = catalogued
  const fields = { ...emptyFields, name, mode, owner, mtimeNs, hardLinkGroup: group, attributes: attributes?.id ?? null }
  return { entry: { ...fields, type: 'file', size, content: contentOf(content) }, catalogued }
}
