import { mkdtempSync, rmSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  archive,
  commitCatalogue,
  openCatalogue,
  type ArchiveOptions,
  type ArchiveOutcome,
  type Catalogue,
  type Clock,
} from '../../src/archiver/index.ts'
import type { EngineError } from '../../src/errors/index.ts'
import { TreeReader } from '../../src/reader/index.ts'
import { Refset } from '../../src/format/index.ts'
import { restore, type RestoreOptions, type RestoreOutcome } from '../../src/restorer/index.ts'
import type { SinkStatistics } from '../../src/vault/index.ts'
import { aSnapshotId, TestVault } from './a-vault.ts'

export const realClock: Clock = { nowMs: Date.now, monotonicMs: () => performance.now() }
/** For this clock every file was left alone long enough to be believed. */
export const laterClock: Clock = { ...realClock, nowMs: () => Date.now() + 60_000 }

interface Told {
  readonly path: string
  readonly error: EngineError
}
export type BackupResult = ArchiveOutcome & {
  readonly statistics: SinkStatistics
  readonly told: readonly Told[]
  /** What the snapshot would say it needs. */
  readonly refset: Refset
  /** Blobs that the hub was asked about. */
  readonly idsAsked: number
  /** Id of the page of the first source: unlike the top's it does not change with the folders around it. */
  readonly root: string
}
export type RestoreResult = RestoreOutcome & { readonly told: readonly Told[] }

/** One agent's folder of temporary things, a vault, and backup and restore as an agent does them. */
export class Workplace {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'hf-engine-'))
  readonly vault = new TestVault()
  readonly #identity = { ...this.vault.keys, chunker: 'standard' as const }

  path(...names: string[]): string {
    return path.join(this.folder, ...names)
  }

  get cataloguePath(): string {
    return this.path('catalogue')
  }

  openCatalogue(): Catalogue | null {
    return openCatalogue(this.cataloguePath, this.#identity)
  }

  /** @param over `sources` at least; everything else is as an agent's first or next backup has it. */
  async backUp(sources: readonly (string | Uint8Array)[], over: Partial<ArchiveOptions> = {}): Promise<BackupResult> {
    const told: Told[] = []
    const { hub } = this.vault
    const askedBefore = hub.idsAsked
    const session = this.vault.newSession()
    const previous = over.previous === undefined ? this.openCatalogue() : over.previous
    const options: ArchiveOptions = {
      alwaysExcluded: [Buffer.from(this.cataloguePath), Buffer.from(`${this.cataloguePath}.new`)],
      exclusions: null,
      sink: session,
      idKey: this.vault.keys.idKey,
      cdcKey: this.vault.keys.cdcKey,
      chunker: 'standard',
      catalogue: {
        path: this.cataloguePath,
        vaultId: this.vault.keys.vaultId,
        domainId: this.vault.keys.domainId,
        snapshotId: aSnapshotId(),
      },
      onItemError: (itemPath, error) => {
        told.push({ path: Buffer.from(itemPath).toString(), error })
        return 'skip'
      },
      onProgress: () => undefined,
      signal: new AbortController().signal,
      clock: laterClock,
      ...over,
      previous,
      sources: sources.map((source) => (typeof source === 'string' ? Buffer.from(source) : source)),
    }
    try {
      const outcome = await archive(options)
      commitCatalogue(this.cataloguePath)
      const idsAsked = hub.idsAsked - askedBefore
      return {
        ...outcome,
        statistics: session.statistics,
        told,
        idsAsked,
        refset: Refset.decode(session.refset()),
        root: await this.#pageOf(outcome),
      }
    } finally {
      previous?.close()
    }
  }

  async #pageOf({ rootPage, roots }: ArchiveOutcome): Promise<string> {
    const vault = this.vault.newSource()
    const components = Buffer.from(roots[0]!)
      .toString()
      .split('/')
      .slice(1)
      .map((name) => Buffer.from(name))
    const entry = await new TreeReader((type, id) => vault.read(type, id)).resolve(rootPage, components)
    return entry?.type === 'folder' ? Buffer.from(entry.page).toString('hex') : ''
  }

  async restore(
    from: { readonly rootPage: Uint8Array; readonly roots: readonly Uint8Array[] },
    target: string,
    over: Partial<RestoreOptions> = {},
  ): Promise<RestoreResult> {
    const told: Told[] = []
    const outcome = await restore({
      source: this.vault.newSource(),
      idKey: this.vault.keys.idKey,
      rootPage: from.rootPage,
      roots: from.roots,
      selected: [],
      target: Buffer.from(target),
      flat: false,
      onItemError: (itemPath, error) => {
        told.push({ path: Buffer.from(itemPath).toString(), error })
        return 'skip'
      },
      onProgress: () => undefined,
      signal: new AbortController().signal,
      clock: realClock,
      ...over,
    })
    return { ...outcome, told }
  }

  [Symbol.dispose](): void {
    // Also what has no permissions, and what is nested deeper than Node can name.
    execFileSync('chmod', ['-R', 'u+rwx', this.folder])
    execFileSync('rm', ['-rf', this.folder])
    rmSync(this.folder, { recursive: true, force: true })
  }
}
