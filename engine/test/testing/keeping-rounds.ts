import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect } from 'vitest'
import { blobTypes, type FileEntry, type TreeEntry } from '../../src/format/index.ts'
import { TreeReader } from '../../src/reader/index.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { realClock } from './backup-and-restore.ts'
import { nextSnapshot, type Thing, type Tree } from './keeping-model.ts'
import { KeepingSource, randomOf, treeOf } from './keeping-source.ts'
import { makeStoredVault, VaultLife, type Secrets } from './stored-vault.ts'

const isRoot = process.geteuid?.() === 0
const exclusions = [[], [], [], ['b'], ['d/'], ['b', 'c/']] as const
const hourMs = 3_600_000

/** Backups of sources that change at random, each checked against a model of what its snapshot has to hold. */
export async function playKeeping(rounds: number, seed: number): Promise<void> {
  const folder = mkdtempSync(`${tmpdir()}/hf-keep-`)
  try {
    const store = new MemoryStore()
    const play = new KeepingPlay(folder, store, await makeStoredVault(store), seed)
    for (let round = 0; round < rounds; round++) await play.round(round)
    expect(play.figures.kept, 'something was kept for long').toBeGreaterThan(rounds)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

class KeepingPlay {
  readonly figures = { kept: 0 }
  readonly #folder: string
  readonly #store: MemoryStore
  readonly #secrets: Secrets
  readonly #label: string
  readonly #random: (below: number) => number
  readonly #source: KeepingSource
  readonly #startMs = Date.now() + hourMs
  #life: VaultLife | null = null
  #base: string | null = null
  #last: Tree = new Map()

  constructor(folder: string, store: MemoryStore, secrets: Secrets, seed: number) {
    this.#folder = folder
    this.#store = store
    this.#secrets = secrets
    this.#label = `seed ${seed}`
    this.#random = randomOf(seed)
    this.#source = new KeepingSource(`${folder}/source`, this.#random)
    mkdirSync(`${folder}/state`)
    // Rounds with closed folders are played by somebody who may not open them.
    for (const path of [folder, `${folder}/state`]) chmodSync(path, 0o777)
  }

  async round(round: number): Promise<void> {
    const label = `round ${round}, ${this.#label}`
    for (let changes = this.#random(8); changes > 0; changes--) this.#source.change()
    this.#disturb()
    this.#life = round % 5 === 0 || this.#life === null ? await VaultLife.open(this.#store, this.#secrets) : this.#life
    const nowMs = this.#startMs + round * hourMs
    const { key, expected, outcome } = await this.#backUp(this.#life, nowMs)
    const found = await snapshotTree(this.#life, key, `${this.#folder}/source`)
    expect([...found], label).toEqual([...expected])
    const kept = [...expected.values()].filter(({ deletedAtMs }) => deletedAtMs !== null)
    expect(outcome.deleted, label).toMatchObject({
      files: kept.filter(({ kind }) => kind === 'file').length,
      folders: kept.filter(({ kind }) => kind === 'folder').length,
      lost: 0,
    })
    expect(outcome, label).toMatchObject({
      files: [...expected.values()].filter(({ kind, deletedAtMs }) => kind === 'file' && deletedAtMs === null).length,
      errors: [...expected.values()].filter(({ kind }) => kind === 'error').length,
    })
    await this.#checkRestores(this.#life, key, expected, label)
    if (round % 4 === 3) expect(await this.#life.fsck(), label).toMatchObject({ ok: true, problems: [] })
    this.figures.kept += kept.length
    this.#base = key
    this.#last = expected
  }

  /** What befalls a catalogue: nothing mostly; loss, damage, or a backup of the same sources that keeps nothing. */
  #disturb(): void {
    const path = `${this.#folder}/state/catalogue`
    const what = this.#random(6)
    if (!existsSync(path)) return
    if (what === 0) rmSync(path)
    if (what !== 1) return
    const bytes = readFileSync(path)
    bytes[this.#random(bytes.length)]! ^= 0x10
    writeFileSync(path, bytes)
  }

  async #backUp(life: VaultLife, nowMs: number) {
    const catalogue = `${this.#folder}/state/catalogue`
    const clock = { ...realClock, nowMs: () => nowMs }
    const paths = (names: readonly string[]): Buffer[] => names.map((name) => Buffer.from(`${this.#source.root}/${name}`))
    if (this.#random(6) === 0) await life.backUp('', catalogue, { clock, sources: paths(['one', 'two']), onItemError: () => 'skip' })
    const excluded = exclusions[this.#random(exclusions.length)]!
    const sources = this.#random(8) === 0 ? ['two'] : ['one', 'two']
    const isAway = this.#random(8) === 0
    const { closed, open } = isRoot && this.#random(3) === 0 ? this.#source.close(2) : { closed: new Set<string>(), open: () => undefined }
    const [at, aside] = [`${this.#source.root}/one`, `${this.#folder}/aside`]
    if (isAway) renameSync(at, aside)
    const expected = nextSnapshot(this.#last, { tree: treeOf(this.#source.root, closed), closed, excluded, sources }, nowMs)
    if (closed.size > 0) process.seteuid!(65_534)
    try {
      const { key, outcome } = await life.backUp('', catalogue, {
        clock,
        sources: paths(sources),
        exclusions: {
          patterns: excluded.map((line) => Buffer.from(line)),
          absolutePatterns: [],
          cacheContents: false,
          otherFileSystems: false,
        },
        onItemError: () => 'skip',
        keep: { base: this.#base === null ? null : life.keepBase(this.#base), onReplaced: () => undefined },
        ...(this.#random(8) === 0 ? { previous: null } : {}),
      })
      return { key, outcome, expected }
    } finally {
      if (closed.size > 0) process.seteuid!(0)
      if (isAway) renameSync(aside, at)
      open()
    }
  }

  async #checkRestores(life: VaultLife, key: string, expected: Tree, label: string): Promise<void> {
    for (const withDeleted of [false, true]) {
      const target = `${this.#folder}/restored`
      await life.restore(key, target, { withDeleted, flat: false })
      const wanted = [...expected].filter(([, { kind, deletedAtMs }]) => kind !== 'error' && (withDeleted || deletedAtMs === null))
      const root = `${target}${this.#source.root}`
      const found = existsSync(root) ? [...treeOf(root)].toSorted(([left], [right]) => (left < right ? -1 : 1)) : []
      expect(found, `${label}, ${withDeleted ? 'all' : 'current'}`).toEqual(
        wanted.map(([path, thing]) => [path, { ...thing, deletedAtMs: null }]),
      )
      rmSync(target, { recursive: true, force: true })
    }
  }
}

/** What a snapshot holds below a folder, contents read back. */
export async function snapshotTree(life: VaultLife, key: string, folder: string): Promise<Tree> {
  const source = life.newSource()
  const reader = new TreeReader((type, id) => source.read(type, id))
  const components = folder
    .split('/')
    .slice(1)
    .map((name) => Buffer.from(name))
  const top = await reader.resolve((await life.bodyOf(key)).root, components)
  const tree = new Map<string, Thing>()
  const text = async (file: FileEntry): Promise<string> => {
    if (file.content.kind === 'inline') return Buffer.from(file.content.bytes).toString()
    const parts: Uint8Array[] = []
    for await (const { item } of reader.items(file)) if (item.kind === 'data') parts.push(await source.read(blobTypes.data, item.id))
    return Buffer.concat(parts).toString()
  }
  const visit = async (page: Uint8Array, above: string): Promise<void> => {
    for await (const entry of reader.entries(page)) {
      const path = `${above}${Buffer.from(entry.name).toString()}`
      tree.set(path, { kind: kindOf(entry), text: await textOf(entry, text), deletedAtMs: entry.deletedAtMs })
      if (entry.type === 'folder') await visit(entry.page, `${path}/`)
    }
  }
  if (top?.type === 'folder') await visit(top.page, '')
  return new Map([...tree].toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

const textOf = async (entry: TreeEntry, read: (file: FileEntry) => Promise<string>): Promise<string> =>
  entry.type === 'file' ? read(entry) : entry.type === 'symlink' ? Buffer.from(entry.target).toString() : ''

function kindOf({ type }: TreeEntry): Thing['kind'] {
  if (type === 'symlink') return 'link'
  return type === 'file' || type === 'folder' ? type : 'error'
}
