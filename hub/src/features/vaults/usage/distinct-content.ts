import type { DomainId } from '@holdfast/shared-types'
import { concatBytes, NumberSet } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { blobTypes, decodeContentList, decodeTreePage, type BlobType, type ContentItem, type TreeEntry } from '@holdfast/engine/format'
import type { Brake } from './brake.ts'

/** What counting asks of a snapshot's vault. */
export interface CountedSnapshot {
  readonly domainId: DomainId
  /** Blob id of the top folder's root page. */
  readonly root: Uint8Array
  readonly read: (type: BlobType, id: Uint8Array) => Promise<Uint8Array>
  /** Small numbers that stand for blobs of the domain, 32 bytes of `ids` each; null for one that is not stored. */
  readonly numbersOf: (ids: Uint8Array) => Promise<readonly (number | null)[]>
}

/**
 * Sums the content of files with every piece counted once, over all snapshots added so far. A page or list that was met before is not
 * opened again, so that a further snapshot costs what is new in it. One bit of memory a blob.
 */
export class DistinctContent {
  #bytes = 0
  readonly #metByDomain = new Map<DomainId, NumberSet>()

  get bytes(): number {
    return this.#bytes
  }

  /** @throws what reading throws, and EngineError `blob.missing`, `cancelled`: then the sum is of no use any more. */
  async add(snapshot: CountedSnapshot, brake: Brake): Promise<void> {
    let met = this.#metByDomain.get(snapshot.domainId)
    if (met === undefined) this.#metByDomain.set(snapshot.domainId, (met = new NumberSet()))
    const walk: Walk = { snapshot, met, brake }
    const pages = await newOnes(walk, [snapshot.root], (id) => id)
    for (let page = pages.pop(); page !== undefined; page = pages.pop()) {
      await brake.pass()
      const decoded = decodeTreePage(await snapshot.read(blobTypes.treePage, page))
      if ('children' in decoded) pages.push(...(await newOnes(walk, decoded.children, (child) => child.page)).map((child) => child.page))
      else pages.push(...(await this.#addEntries(walk, decoded.entries)))
    }
  }

  /** @returns the pages of folders that were not met yet. */
  async #addEntries(walk: Walk, entries: readonly TreeEntry[]): Promise<Uint8Array[]> {
    const files = entries.filter((entry) => entry.type === 'file')
    const items: ContentItem[] = []
    const lists: Uint8Array[] = []
    for (const { content } of files) {
      if (content.kind === 'inline') this.#bytes += content.bytes.length
      if (content.kind === 'items') items.push(...content.items)
      if (content.kind === 'list') lists.push(content.id)
    }
    await this.#addItems(walk, items)
    await this.#addLists(walk, lists)
    const folders = entries.filter((entry) => entry.type === 'folder')
    return (await newOnes(walk, folders, (folder) => folder.page)).map((folder) => folder.page)
  }

  async #addLists(walk: Walk, of: readonly Uint8Array[]): Promise<void> {
    const lists = await newOnes(walk, of, (id) => id)
    for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
      await walk.brake.pass()
      const decoded = decodeContentList(await walk.snapshot.read(blobTypes.contentList, list))
      if ('items' in decoded) await this.#addItems(walk, decoded.items)
      else lists.push(...(await newOnes(walk, decoded.children, (child) => child.list)).map((child) => child.list))
    }
  }

  async #addItems(walk: Walk, items: readonly ContentItem[]): Promise<void> {
    const data = items.filter((item) => item.kind === 'data')
    for (const { length } of await newOnes(walk, data, (item) => item.id)) this.#bytes += length
  }
}

interface Walk {
  readonly snapshot: CountedSnapshot
  /** Numbers of the domain's blobs. */
  readonly met: NumberSet
  readonly brake: Brake
}

/** Those whose blob is met for the first time; all are asked for in one question. @throws EngineError `blob.missing` */
async function newOnes<T>({ snapshot, met }: Walk, all: readonly T[], idOf: (one: T) => Uint8Array): Promise<T[]> {
  if (all.length === 0) return []
  const numbers = await snapshot.numbersOf(concatBytes(all.map(idOf)))
  return all.filter((_, index) => {
    const number = numbers[index] ?? null
    if (number === null) throw new EngineError('blob.missing', 'The vault does not hold a piece that a snapshot needs.')
    return met.add(number)
  })
}
