import { EngineError } from '../../errors/index.ts'
import { sumOfBytes, type FolderEntry, type TreeEntry } from '../../format/index.ts'
import type { ItemWarnings } from '../../run-control/index.ts'
import type { BlobSink } from '../../vault/blob-sink.ts'
import type { FolderRules } from '../../walker/index.ts'
import type { Catalogue, CataloguedBlob, KeptLine } from '../catalogue/index.ts'
import { emptyFields } from '../empty-fields.ts'
import { keptGroupOf } from '../hard-links.ts'
import type { StepQueue } from '../step-queue.ts'
import type { FolderHead, TreeWriter } from '../tree-writer.ts'
import type { BaseFolder, BaseLine } from './base-folder.ts'
import type { BaseTree } from './base-tree.ts'
import { isDamage, notKept, restNotKept } from './not-kept.ts'

export interface KeptEntriesPorts {
  readonly tree: TreeWriter
  /** What is done to the tree goes through it. */
  readonly steps: StepQueue
  readonly sink: BlobSink
  readonly warnings: ItemWarnings
  readonly base: BaseTree
  /** What the last backup knew, of whatever snapshot. */
  readonly previous: Catalogue | null
  readonly idKey: Uint8Array
  /** 16 bytes: the snapshot that is being made. */
  readonly snapshotId: Uint8Array
  /** The mark of what was there in the base. */
  readonly nowMs: number
  /** Awaited after each entry unless null: other work gets its turn. */
  readonly afterEntry: () => Promise<void> | null
}

/** Of entries that are deleted and kept. */
export interface KeptCounts {
  readonly files: number
  readonly folders: number
  /** Sizes of the files. */
  readonly bytes: number
  /** Those of the files that the base still held as being there. */
  readonly filesNewlyDeleted: number
  /** Entries, with all below them, that another thing has the name of: they are not in this snapshot any more. */
  readonly replaced: number
  /** Entries that could not be kept since the base is damaged: each is a warning. */
  readonly lost: number
}

type PlainEntry = Exclude<TreeEntry, { type: 'folder' }>

/** A folder of the base, where it is, and what is left out of it now. */
export interface FolderToKeep {
  readonly base: BaseFolder
  /** Absolute, without a slash at the end; empty for `/`. */
  readonly path: Buffer
  readonly rules: FolderRules
}

/** Puts entries of the base into the tree of a new snapshot, marked as deleted. */
export class KeptEntries {
  readonly #ports: KeptEntriesPorts
  readonly #counts = { files: 0, folders: 0, bytes: 0, filesNewlyDeleted: 0, replaced: 0, lost: 0 }

  constructor(ports: KeptEntriesPorts) {
    this.#ports = ports
  }

  get counts(): KeptCounts {
    return { ...this.#counts }
  }

  countReplaced(): void {
    this.#counts.replaced++
  }

  /** Of a folder all that is in it. What is left out by the rules goes, as it would if it were there. */
  async keep(folder: FolderToKeep, line: BaseLine): Promise<void> {
    if (folder.rules.leavesOut(line.name, line.type === 'folder')) return
    const path = Buffer.concat([folder.path, slash, line.name])
    try {
      const kept = await this.#lineFor(folder.base, line)
      if (kept.entry.type === 'folder') await this.#keepFolder({ ...kept, entry: kept.entry }, this.#below(folder, line))
      else this.#keepPlain({ ...kept, entry: kept.entry }, line)
    } catch (error) {
      if (!isDamage(error)) throw error
      this.tellLost(path, notKept(error))
    }
    const waiting = this.#ports.afterEntry()
    if (waiting !== null) await waiting
  }

  tellLost(path: Uint8Array, error: EngineError): void {
    this.#counts.lost++
    this.#ports.warnings.add(path, error)
  }

  /** Whether anything below was deleted before already and is not left out now. @throws EngineError of damage */
  async holdsKept({ base, rules, path }: FolderToKeep): Promise<boolean> {
    for (await base.fill(); base.head !== null; await base.fill()) {
      const line = base.head
      base.take()
      if (rules.leavesOut(line.name, line.type === 'folder')) continue
      if (line.isKept || (line.type === 'folder' && (await this.holdsKept(this.#below({ base, rules, path }, line))))) return true
    }
    return false
  }

  /**
   * A folder that cannot be looked into now, though something was kept in it before: that stays, and what was there by then is there as
   * what could not be read.
   */
  async carry(folder: FolderToKeep, head: FolderHead, error: EngineError): Promise<void> {
    const { steps, tree, previous } = this.#ports
    const { base, rules, path } = folder
    const known = previous?.folder(path) ?? null
    steps.add(() => tree.startFolder(path, head, known))
    try {
      for (await base.fill(); base.head !== null; await base.fill()) {
        const line = base.head
        base.take()
        if (line.isKept) await this.keep(folder, line)
        else if (!rules.leavesOut(line.name, line.type === 'folder')) await this.#carryUnread(folder, line, error)
      }
    } catch (damage) {
      if (!isDamage(damage)) throw damage
      this.tellLost(path, restNotKept(damage))
    }
    steps.add(() => tree.endFolder())
  }

  /** The head of a folder as the base has it, with what it needs. @throws EngineError of damage */
  async headOf(base: BaseFolder, line: BaseLine): Promise<FolderHead> {
    const { entry, page } = await base.entryOf(line)
    for (const { id, location } of await this.#ports.base.blobsOf({ entry, page })) this.#ports.sink.adopt(id, location)
    return { ...headFields(entry), type: 'folder', deletedAtMs: null, hardLinkGroup: null }
  }

  async #carryUnread(folder: FolderToKeep, line: BaseLine, error: EngineError): Promise<void> {
    try {
      if (line.type === 'folder' && (await this.holdsKept(this.#below(folder, line))))
        return await this.carry(this.#below(folder, line), await this.headOf(folder.base, line), error)
    } catch (damage) {
      if (!isDamage(damage)) throw damage
      this.tellLost(Buffer.concat([folder.path, slash, line.name]), restNotKept(damage))
    }
    const knownType = line.type === 'other' ? null : line.type
    const entry: PlainEntry = { ...emptyFields, name: line.name, type: 'error', knownType, code: error.code }
    this.#ports.steps.add(() => this.#ports.tree.add(entry, null))
  }

  #below({ base, rules, path }: FolderToKeep, line: BaseLine): FolderToKeep {
    return { base: base.child(line), rules: rules.below(line.name), path: Buffer.concat([path, slash, line.name]) }
  }

  #keepPlain(kept: KeptLine & { readonly entry: PlainEntry }, { isKept }: BaseLine): void {
    const { entry } = kept
    if (entry.type === 'file') {
      this.#counts.files++
      this.#counts.bytes = sumOfBytes(this.#counts.bytes, entry.size)
      if (!isKept) this.#counts.filesNewlyDeleted++
    }
    this.#ports.steps.add(() => this.#ports.tree.addKept(kept))
  }

  async #keepFolder({ entry, blobs }: KeptLine & { readonly entry: FolderEntry }, folder: FolderToKeep): Promise<void> {
    const { steps, tree, previous } = this.#ports
    const { base, path } = folder
    const known = previous?.folder(path) ?? null
    const head: FolderHead = { ...headFields(entry), type: 'folder' }
    steps.add(() => tree.startKeptFolder(path, { head, blobs }, known))
    this.#counts.folders++
    try {
      const rules = folder.rules.leavesCaches && (await base.holdsCacheTag()) ? folder.rules.asCache() : folder.rules
      for (await base.fill(); base.head !== null; await base.fill()) {
        const line = base.head
        base.take()
        await this.keep({ base, path, rules }, line)
      }
    } catch (error) {
      if (!isDamage(error)) throw error
      this.tellLost(path, restNotKept(error))
    }
    steps.add(() => tree.endFolder())
  }

  /** @throws EngineError of damage, also where a blob is not in the vault any more */
  async #lineFor(base: BaseFolder, line: BaseLine): Promise<KeptLine> {
    const { sink, base: tree, idKey, snapshotId, nowMs } = this.#ports
    if (line.kept !== null) return { entry: line.kept.entry, blobs: line.kept.blobs.map((blob) => this.#adoptKnown(blob)) }
    const found = await base.entryOf(line)
    const blobs = (await tree.blobsOf(found)).map(({ id, location }) => ({ id, ticket: sink.adopt(id, location) }))
    const { entry } = found
    if (entry.deletedAtMs !== null) return { entry, blobs }
    const hardLinkGroup = entry.hardLinkGroup === null ? null : keptGroupOf(idKey, snapshotId, entry.hardLinkGroup)
    return { entry: { ...entry, hardLinkGroup, deletedAtMs: nowMs, isAncestor: false }, blobs }
  }

  #adoptKnown({ id, ticket }: CataloguedBlob): CataloguedBlob {
    const place = this.#ports.previous?.locationOf(ticket) ?? null
    if (place === null) throw new EngineError('blob.missing', 'Where it lies in the vault is not known any more.')
    return { id, ticket: this.#ports.sink.adopt(id, place) }
  }
}

/** Without what an entry of another kind would have besides. */
function headFields({ name, mode, owner, mtimeNs, hardLinkGroup, attributes, deletedAtMs, isAncestor }: TreeEntry) {
  return { name, mode, owner, mtimeNs, hardLinkGroup, attributes, deletedAtMs, isAncestor }
}

const slash = Buffer.from('/')
