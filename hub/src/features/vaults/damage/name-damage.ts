import { concatBytes } from '@holdfast/engine/bytes'
import { TreeReader } from '@holdfast/engine/reader'
import { blobTypes, type BlobType, type FileEntry, type TreeEntry } from '@holdfast/engine/format'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { requireOpened, type OpenedSnapshot } from '../contents/snapshot-record.ts'
import type { AcceptPlace } from '../contents/vault-contents.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { SegmentReader } from '../reading/segment-reader.ts'
import type { ReadRangeDeps } from '../reading/read-pack-range.ts'
import { countNamed, nextToName, setNamed, type NamedPath } from '../tables/damage.queries.ts'
import type { Brake } from '../usage/brake.ts'

/** Of one snapshot; who lacks more restores everything anyway, and a session cannot ask for more to be read again. */
const mostOfSnapshot = 2000
const mostOfVault = 100_000
const idsPerQuestion = 4096

export interface NameDamageDeps extends ReadRangeDeps {
  readonly refsets: SnapshotRefsets
}

/**
 * Names, of every snapshot that is waiting for it, the files and folders with something that is lost where its refset says. The newest snapshots come first, and the list of a vault
 * is bounded. @returns how many were named
 */
export async function nameDamage(deps: NameDamageDeps, vault: ManagedVault, brake: Brake): Promise<number> {
  const { database, refsets } = deps
  let named = 0
  for (let room = mostOfVault - (await countNamed(database.em(), vault.id)); ;) {
    const next = await nextToName(database.em(), vault.id)
    if (next === null) return named
    const snapshot = requireOpened(next)
    const naming = new Naming({ deps, vault, snapshot, brake, most: Math.min(mostOfSnapshot, Math.max(room, 0)) })
    await naming.walk(await refsets.aside(snapshot), await refsets.readable(snapshot))
    const { found, isAll, isBeyondReading } = naming
    const folders = found.filter(({ isFolder }) => isFolder).length
    const isAllNamed = isAll && !isBeyondReading
    const damage = found.length === 0 && isAllNamed ? null : { files: found.length - folders, folders, isAllNamed, isPending: false }
    await database.transaction((em) => setNamed(em, snapshot.id, damage, found))
    named += found.length
    room -= found.length
  }
}

interface NamingTask {
  readonly deps: NameDamageDeps
  readonly vault: ManagedVault
  readonly snapshot: OpenedSnapshot
  readonly brake: Brake
  readonly most: number
}

type Scope = Parameters<SegmentReader['read']>[0]['refset']

interface Waiting {
  readonly path: Buffer
  readonly ids: readonly Uint8Array[]
  readonly isKeptOnly: boolean
  /** A list of its pieces is not where the refset says. */
  readonly hasLostList: boolean
}

class Naming {
  readonly found: NamedPath[] = []
  isAll = true
  /**
   * Lists of folders lie elsewhere than the refset says, or something that is deleted and only kept does: whoever builds on this snapshot would name them where they are lost, and no file read again
   * changes that.
   */
  isBeyondReading = false
  readonly #task: NamingTask
  #named: Scope = { has: () => false }
  #waiting: Waiting[] = []
  #idsWaiting = 0
  #folders = 0
  /** A list of the file in hand is not where the refset says. */
  #hasLostList = false

  constructor(task: NamingTask) {
    this.#task = task
  }

  /** @param named where its refset says things are. @param readable where they can be read */
  async walk(named: Scope, readable: Scope): Promise<void> {
    const { deps, vault, snapshot } = this.#task
    this.#named = named
    const segments = new SegmentReader(deps)
    const scope = { vault, domainId: snapshot.domainId, refset: readable }
    const reader = new TreeReader(async (type, id) => {
      await this.#noteList(type, id)
      return segments.read(scope, type, id)
    })
    const folders: { readonly page: Uint8Array; readonly path: Buffer }[] = [{ page: snapshot.root, path: Buffer.alloc(0) }]
    for (let next = folders.pop(); next !== undefined && this.isAll; next = folders.pop()) {
      // A hostile tree may repeat itself without end; an honest one has no more folders than it says, and its top.
      if (this.#folders++ > snapshot.folders + 1) this.isAll = false
      const { page, path } = next
      await this.#orName(path, true, async () => {
        for await (const entry of reader.entries(page)) {
          const entryPath = Buffer.concat([path, slash, entry.name])
          await this.#entry(reader, entry, entryPath)
          if (entry.type === 'folder') folders.push({ page: entry.page, path: entryPath })
        }
      })
    }
    await this.#look()
  }

  async #entry(reader: TreeReader, entry: TreeEntry, path: Buffer): Promise<void> {
    await this.#task.brake.pass()
    const ids = entry.attributes === null ? [] : [entry.attributes]
    const isKeptOnly = entry.deletedAtMs !== null
    this.#hasLostList = false
    if (entry.type === 'file' && !(await this.#orName(path, false, () => this.#content(reader, entry, ids)))) {
      if (isKeptOnly) this.isBeyondReading = true
      return
    }
    const hasLostList = this.#hasLostList
    if (ids.length === 0 && !hasLostList) return
    this.#waiting.push({ path, ids, isKeptOnly, hasLostList })
    this.#idsWaiting += ids.length
    if (this.#idsWaiting >= idsPerQuestion) await this.#look()
  }

  async #content(reader: TreeReader, entry: FileEntry, ids: Uint8Array[]): Promise<void> {
    for await (const { item } of reader.items(entry)) if (item.kind === 'data') ids.push(item.id)
  }

  async #noteList(type: BlobType, id: Uint8Array): Promise<void> {
    const { vault, snapshot } = this.#task
    const place = await vault.contents.findBlob(snapshot.domainId, id, (pack, ordinal) => this.#named.has(pack, ordinal))
    if (place !== null) return
    if (type === blobTypes.treePage) this.isBeyondReading = true
    else this.#hasLostList = true
  }

  async #look(): Promise<void> {
    for (const { path, ids, isKeptOnly, hasLostList } of this.#waiting.splice(0)) {
      if (!hasLostList && (await this.#areAllThere(ids, (pack, ordinal) => this.#named.has(pack, ordinal)))) continue
      this.#name({ path, isFolder: false, isLost: !(await this.#areAllThere(ids)) })
      if (isKeptOnly) this.isBeyondReading = true
    }
    this.#idsWaiting = 0
  }

  /** @param accept where they may lie; anywhere unless said */
  async #areAllThere(ids: readonly Uint8Array[], accept?: AcceptPlace): Promise<boolean> {
    const { vault, snapshot } = this.#task
    for (let start = 0; start < ids.length; start += idsPerQuestion) {
      const some = concatBytes(ids.slice(start, start + idsPerQuestion))
      if ((await vault.contents.findBlobs(snapshot.domainId, some, accept)).includes(null)) return false
    }
    return true
  }

  async #orName(path: Buffer, isFolder: boolean, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      const isLost = isDamage(error) || (error instanceof Error && 'code' in error && error.code === 'vault.corrupt')
      if (!isLost) throw error
      this.#name({ path, isFolder, isLost: true })
      return false
    }
  }

  #name(named: NamedPath): void {
    if (this.found.length >= this.#task.most) this.isAll = false
    else this.found.push({ ...named, path: named.path.length === 0 ? slash : named.path })
  }
}

const slash = Buffer.from('/')
