import { concatBytes, NumberSet } from '@holdfast/engine/bytes'
import { blobTypes, decodeContentList, decodeTreePage, Refset, type BlobType, type TreeEntry } from '@holdfast/engine/format'
import type { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenedSnapshot } from '../contents/snapshot-record.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import type { SegmentReader } from '../reading/segment-reader.ts'
import type { Brake } from '../usage/brake.ts'

/** Pieces of content that are looked up in one question. */
const idsPerQuestion = 4096

export interface AuditReport {
  /** Segments that the trees need and the refset does not name. */
  readonly unnamed: Refset
  /** Pieces that lie nowhere, and lists that cannot be read: what is below them is not known. */
  readonly lacking: number
}

interface AuditTask {
  readonly vault: ManagedVault
  readonly snapshot: Pick<OpenedSnapshot, 'domainId' | 'root'>
  readonly refset: Refset
  readonly segments: SegmentReader
  readonly brake: Brake
}

/**
 * Walks all that a snapshot's trees need, and compares it with what the device named: a device that names less than it needs, by a mistake or on purpose,
 * must not lose data to a collection that goes by names. Each list is opened once, however often a hostile tree repeats it. One bit of memory a blob.
 *
 * @throws EngineError `store.unavailable`, `store.io-error`, `cancelled`; AppError `store.unavailable`
 */
export async function auditSnapshot(task: AuditTask): Promise<AuditReport> {
  const audit = new Audit(task)
  await audit.walk()
  return audit.report
}

class Audit {
  readonly #task: AuditTask
  readonly #met = new NumberSet()
  readonly #unnamed = new Refset()
  #lacking = 0
  #content: Uint8Array[] = []

  constructor(task: AuditTask) {
    this.#task = task
  }

  get report(): AuditReport {
    return { unnamed: this.#unnamed, lacking: this.#lacking }
  }

  async walk(): Promise<void> {
    const pages = await this.#need([this.#task.snapshot.root])
    const lists: Uint8Array[] = []
    for (let page = pages.pop(); page !== undefined; page = pages.pop()) {
      const decoded = await this.#read(blobTypes.treePage, page, decodeTreePage)
      if (decoded === null) continue
      if ('children' in decoded) pages.push(...(await this.#need(decoded.children.map((child) => child.page))))
      else pages.push(...(await this.#entries(decoded.entries, lists)))
      await this.#lists(lists)
    }
    await this.#flush()
  }

  /** @returns pages of folders not met before; lists of files are added to `lists`. */
  async #entries(entries: readonly TreeEntry[], lists: Uint8Array[]): Promise<Uint8Array[]> {
    const folders: Uint8Array[] = []
    for (const entry of entries) {
      if (entry.attributes !== null) this.#content.push(entry.attributes)
      if (entry.type === 'folder') folders.push(entry.page)
      if (entry.type !== 'file') continue
      if (entry.content.kind === 'list') lists.push(entry.content.id)
      if (entry.content.kind === 'items') for (const item of entry.content.items) if (item.kind === 'data') this.#content.push(item.id)
    }
    if (this.#content.length >= idsPerQuestion) await this.#flush()
    return this.#need(folders)
  }

  async #lists(of: Uint8Array[]): Promise<void> {
    const lists = await this.#need(of.splice(0))
    for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
      const decoded = await this.#read(blobTypes.contentList, list, decodeContentList)
      if (decoded === null) continue
      if ('children' in decoded) lists.push(...(await this.#need(decoded.children.map((child) => child.list))))
      else for (const item of decoded.items) if (item.kind === 'data') this.#content.push(item.id)
      if (this.#content.length >= idsPerQuestion) await this.#flush()
    }
  }

  /** Content and attributes are leaves: only where they lie matters. */
  async #flush(): Promise<void> {
    for (let start = 0; start < this.#content.length; start += idsPerQuestion)
      await this.#need(this.#content.slice(start, start + idsPerQuestion))
    this.#content = []
  }

  /** Sees that each lies in a named segment. @returns those that were met for the first time */
  async #need(ids: readonly Uint8Array[]): Promise<Uint8Array[]> {
    if (ids.length === 0) return []
    const { vault, snapshot, refset, brake } = this.#task
    await brake.pass()
    const joined = concatBytes(ids)
    const numbers = await vault.contents.blobNumbers(snapshot.domainId, joined)
    const fresh = ids.filter((_, index) => {
      const number = numbers[index] ?? null
      if (number !== null) return this.#met.add(number)
      this.#lacking++
      return false
    })
    const isNamed = (packIdHex: string, ordinal: number): boolean => refset.has(packIdHex, ordinal)
    const places = await vault.contents.findBlobs(snapshot.domainId, concatBytes(fresh), isNamed)
    await this.#takeElsewhere(fresh.filter((_, index) => places[index] === null))
    return fresh
  }

  /** What lies in no named segment, but somewhere: where it lies counts as named from now on. */
  async #takeElsewhere(ids: readonly Uint8Array[]): Promise<void> {
    if (ids.length === 0) return
    const { vault, snapshot } = this.#task
    for (const place of await vault.contents.findBlobs(snapshot.domainId, concatBytes(ids)))
      if (place === null) this.#lacking++
      else this.#unnamed.add(place.packIdHex, place.ordinal)
  }

  /** Null for a list that cannot be read: a finding, not the end of the audit. */
  async #read<T>(type: BlobType, id: Uint8Array, decode: (bytes: Uint8Array) => T): Promise<T | null> {
    const { vault, snapshot, segments, refset, brake } = this.#task
    await brake.pass()
    const has = (packIdHex: string, ordinal: number): boolean => refset.has(packIdHex, ordinal) || this.#unnamed.has(packIdHex, ordinal)
    try {
      return decode(await segments.read({ vault, domainId: snapshot.domainId, refset: { has } }, type, id))
    } catch (error) {
      if (!isDamage(error) && !isLost(error)) throw error
      this.#lacking++
      return null
    }
  }
}

/** `vault.corrupt` of the segment reader: the pack is gone. */
const isLost = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'vault.corrupt'
