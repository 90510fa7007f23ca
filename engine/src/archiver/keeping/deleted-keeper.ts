import { compareBytes, equalBytes } from '../../bytes/index.ts'
import type { FolderRules, WalkStep } from '../../walker/index.ts'
import type { Catalogue } from '../catalogue/index.ts'
import type { FolderHead } from '../tree-writer.ts'
import { BaseFolder, type BaseLine } from './base-folder.ts'
import { BaseTree, type KeepBase } from './base-tree.ts'
import { KeptEntries, type KeptCounts, type KeptEntriesPorts } from './kept-entries.ts'
import { isDamage, restNotKept } from './not-kept.ts'

export interface KeeperPorts extends Omit<KeptEntriesPorts, 'base'> {
  readonly base: KeepBase
  readonly signal: AbortSignal
  /** Of the folder that has just started. */
  readonly rulesInHand: () => FolderRules
  /** Told of each entry that is in the new snapshot no more since another thing has its name. Raw absolute path. */
  readonly onReplaced: (path: Uint8Array) => void
}

/** A folder that the walk is in. */
interface Frame {
  /** Null where the base held none. */
  base: BaseFolder | null
  readonly path: Buffer
  readonly rules: FolderRules
}

type FolderStart = Extract<WalkStep, { kind: 'folder-start' }>
type Problem = Extract<WalkStep, { kind: 'problem' }>

/** Goes along with the walk and keeps what the base held and the walk does not come by. Null from its methods: nothing to wait for. */
export class DeletedKeeper {
  readonly #ports: KeeperPorts
  readonly #kept: KeptEntries
  readonly #top: BaseFolder
  readonly #frames: Frame[] = []

  constructor(ports: KeeperPorts) {
    this.#ports = ports
    const tree = new BaseTree(ports.base, ports.idKey, ports.signal)
    this.#kept = new KeptEntries({ ...ports, base: tree })
    this.#top = new BaseFolder({ tree, catalogue: ofBase(ports.previous, ports.base) }, [], null)
  }

  get counts(): KeptCounts {
    return this.#kept.counts
  }

  /** Before a step of the walk: what stood before its name and is gone is kept. */
  before(step: WalkStep): Promise<void> | null {
    if (step.kind === 'loss') return null
    return step.kind === 'folder-end' ? this.#keepUpTo(null) : this.#frames.length === 0 ? null : this.#keepUpTo(step.name)
  }

  startFolder({ path, name }: FolderStart): void {
    const above = this.#frames.at(-1)
    const rules = this.#ports.rulesInHand()
    if (above === undefined) {
      this.#frames.push({ base: this.#top, path: Buffer.alloc(0), rules })
      return
    }
    const line = this.#take(above, name)
    if (line !== null && line.type !== 'folder') this.#tellReplaced(above, line)
    this.#frames.push({ base: line?.type === 'folder' && above.base !== null ? above.base.child(line) : null, path, rules })
  }

  endFolder(): void {
    this.#frames.pop()
  }

  /** Of something that is there and is no folder: what the base held under that name is in no need of keeping. */
  passEntry(name: Uint8Array): void {
    const folder = this.#frames.at(-1)
    const line = folder === undefined ? null : this.#take(folder, name)
    if (folder !== undefined && line?.type === 'folder') this.#tellReplaced(folder, line)
  }

  /**
   * Of something that cannot be looked at. Where it was, or may be, a folder in which something was kept before, that stays.
   * @param head the folder as it looks now, null where that is not known.
   * @returns true where a folder was put into the tree; then no error entry has room under that name.
   */
  async passProblem(step: Problem, head: FolderHead | null): Promise<boolean> {
    const folder = this.#frames.at(-1)
    const base = folder?.base ?? null
    if (folder === undefined || base === null) return false
    const line = this.#take(folder, step.name)
    if (line?.type !== 'folder') return false
    if (!step.isSource && step.metadata !== null && step.metadata.type !== 'folder') {
      this.#tellReplaced(folder, line)
      return false
    }
    const path = Buffer.concat([folder.path, slash, step.name])
    const rules = folder.rules.below(step.name)
    try {
      if (!(await this.#kept.holdsKept({ base: base.child(line), path, rules }))) return false
      const known = head ?? (await this.#kept.headOf(base, line))
      await this.#kept.carry({ base: base.child(line), path, rules }, { ...known, isAncestor: rules.isAncestor }, step.error)
      return true
    } catch (error) {
      this.#tellDamage(path, error)
      return false
    }
  }

  #keepUpTo(name: Uint8Array | null): Promise<void> | null {
    const folder = this.#frames.at(-1)
    const base = folder?.base ?? null
    if (folder === undefined || base === null) return null
    try {
      const filling = base.fill()
      return filling === null && !isBefore(base.head, name) ? null : this.#keepGone(folder, base, name, filling)
    } catch (error) {
      this.#giveUp(folder, error)
      return null
    }
  }

  async #keepGone(folder: Frame, base: BaseFolder, name: Uint8Array | null, filling: Promise<void> | null): Promise<void> {
    try {
      for (await filling; isBefore(base.head, name); await base.fill()) {
        const line = base.head!
        base.take()
        await this.#kept.keep({ base, path: folder.path, rules: folder.rules }, line)
      }
    } catch (error) {
      this.#giveUp(folder, error)
    }
  }

  /** The base's line of that name, or null; {@link before} has seen to all that stood before it. */
  #take({ base }: Frame, name: Uint8Array): BaseLine | null {
    const line = base?.head ?? null
    if (base === null || line === null || compareBytes(line.name, name) !== 0) return null
    base.take()
    return line
  }

  #tellReplaced(folder: Frame, line: BaseLine): void {
    this.#kept.countReplaced()
    this.#ports.onReplaced(Buffer.concat([folder.path, slash, line.name]))
  }

  /** The rest of a folder of the base cannot be read: the backup goes on without it. @throws what is no damage */
  #giveUp(folder: Frame, error: unknown): void {
    folder.base = null
    this.#tellDamage(folder.path, error)
  }

  #tellDamage(path: Buffer, error: unknown): void {
    if (!isDamage(error)) throw error
    this.#kept.tellLost(path.length === 0 ? slash : path, restNotKept(error))
  }
}

const ofBase = (previous: Catalogue | null, base: KeepBase): Catalogue | null =>
  previous !== null && equalBytes(previous.snapshotId, base.snapshotId) ? previous : null

const isBefore = (line: BaseLine | null, name: Uint8Array | null): boolean =>
  line !== null && (name === null || compareBytes(line.name, name) < 0)

const slash = Buffer.from('/')
