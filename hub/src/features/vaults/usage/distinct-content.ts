import type { DomainId } from '@holdfast/shared-types'
import { EngineError } from '@holdfast/engine/errors'
import { blobTypes, decodeContentList, decodeTreePage, type BlobType, type ContentItem, type FileEntry } from '@holdfast/engine/format'
import type { Brake } from './brake.ts'

/** What counting asks of a snapshot's vault. */
export interface CountedSnapshot {
  readonly domainId: DomainId
  /** Blob id of the top folder's root page. */
  readonly root: Uint8Array
  readonly read: (type: BlobType, id: Uint8Array) => Promise<Uint8Array>
  /** A small number that stands for a blob of the domain; null for one that is not stored. */
  readonly numberOf: (id: Uint8Array) => number | null
}

/**
 * Sums the content of files with every piece counted once, over all snapshots added so far. A page or list that was met before is not
 * opened again, so that a further snapshot costs what is new in it. One bit of memory a blob.
 */
export class DistinctContent {
  #bytes = 0
  readonly #metByDomain = new Map<DomainId, MetBlobs>()

  get bytes(): number {
    return this.#bytes
  }

  /** @throws what reading throws, and EngineError `blob.missing`, `cancelled`: then the sum is of no use any more. */
  async add(snapshot: CountedSnapshot, brake: Brake): Promise<void> {
    let met = this.#metByDomain.get(snapshot.domainId)
    if (met === undefined) this.#metByDomain.set(snapshot.domainId, (met = new MetBlobs()))
    const isNew = (id: Uint8Array): boolean => {
      const number = snapshot.numberOf(id)
      if (number === null) throw new EngineError('blob.missing', 'The vault does not hold a piece that a snapshot needs.')
      return met.meet(number)
    }
    const pages = isNew(snapshot.root) ? [snapshot.root] : []
    for (let page = pages.pop(); page !== undefined; page = pages.pop()) {
      await brake.pass()
      const decoded = decodeTreePage(await snapshot.read(blobTypes.treePage, page))
      if ('children' in decoded) {
        for (const child of decoded.children) if (isNew(child.page)) pages.push(child.page)
        continue
      }
      for (const entry of decoded.entries) {
        if (entry.type === 'folder' && isNew(entry.page)) pages.push(entry.page)
        if (entry.type === 'file') await this.#addFile(snapshot, entry, { isNew, brake })
      }
    }
  }

  async #addFile({ read }: CountedSnapshot, { content }: FileEntry, { isNew, brake }: Walk): Promise<void> {
    if (content.kind === 'inline') this.#bytes += content.bytes.length
    if (content.kind === 'items') this.#addItems(content.items, isNew)
    if (content.kind !== 'list' || !isNew(content.id)) return
    const lists = [content.id]
    for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
      await brake.pass()
      const decoded = decodeContentList(await read(blobTypes.contentList, list))
      if ('items' in decoded) this.#addItems(decoded.items, isNew)
      else for (const child of decoded.children) if (isNew(child.list)) lists.push(child.list)
    }
  }

  #addItems(items: readonly ContentItem[], isNew: (id: Uint8Array) => boolean): void {
    for (const item of items) if (item.kind === 'data' && isNew(item.id)) this.#bytes += item.length
  }
}

interface Walk {
  readonly isNew: (id: Uint8Array) => boolean
  readonly brake: Brake
}

/** Which blobs of a domain were met, by their numbers. */
class MetBlobs {
  #bits = new Uint8Array(1024)

  /** @returns whether it is the first time. */
  meet(number: number): boolean {
    const at = number >>> 3
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bits.length * 2))
      grown.set(this.#bits)
      this.#bits = grown
    }
    const [byte, bit] = [this.#bits[at] as number, 1 << (number & 7)]
    this.#bits[at] = byte | bit
    return (byte & bit) === 0
  }
}
