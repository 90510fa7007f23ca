import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect } from 'vitest'
import { isEngineError, type EngineError } from '../../src/errors/index.ts'
import { snapshotPrefix } from '../../src/format/index.ts'
import { MemoryStore, type ObjectStore } from '../../src/store/index.ts'
import {
  crashAt,
  FaultyStore,
  SimulatedCrash,
  type Fault,
  type FaultPlan,
  type StoreCall,
  type StoreOperation,
} from '../../src/store/testing/index.ts'
import { keysUnder } from './damage.ts'
import { pattern } from './nasty-tree.ts'
import { makeStoredVault, VaultLife, type Secrets } from './stored-vault.ts'
import { stateDifferences, treeState } from './tree-state.ts'

export type Task = 'backup' | 'restore' | 'fsck'

const reading: readonly StoreOperation[] = ['get', 'read']
const writing: readonly StoreOperation[] = ['put', 'write']

/** What a store may do wrong once, and the calls it can happen to; null: all. */
export const faultsOnce: readonly { readonly name: string; readonly fault: Fault; readonly befalls: readonly StoreOperation[] | null }[] = [
  { name: 'no space', fault: { kind: 'fail', code: 'store.full' }, befalls: ['put', 'stage', 'write', 'commit'] },
  { name: 'EIO', fault: { kind: 'fail', code: 'store.io-error' }, befalls: null },
  { name: 'away', fault: { kind: 'fail', code: 'store.unavailable' }, befalls: null },
  { name: 'done, but the answer lost', fault: { kind: 'fail-after-success' }, befalls: null },
  { name: 'half written, told as done', fault: { kind: 'short-write' }, befalls: writing },
  { name: 'half read, told as all', fault: { kind: 'short-read' }, befalls: reading },
  { name: 'a bit misread', fault: { kind: 'flip-bit', bit: 1237 }, befalls: reading },
]

/** Lies about what it stored: only who reads it again can know. */
const isLie = (fault: Fault): boolean => fault.kind === 'short-write'

/** A vault with one snapshot, and the source as it is a day later: the beginning of every round. */
export class StoreRounds {
  readonly folder = mkdtempSync(`${tmpdir()}/hf-store-`)
  readonly #objects = new Map<string, Uint8Array>()
  secrets!: Secrets
  #first!: { readonly key: string; readonly state: Map<string, string> }
  #state!: Map<string, string>
  rounds = 0

  get source(): string {
    return `${this.folder}/source`
  }

  get cataloguePath(): string {
    return `${this.folder}/catalogue`
  }

  async prepare(): Promise<void> {
    mkdirSync(`${this.source}/folder`, { recursive: true })
    for (let n = 0; n < 3; n++) writeFileSync(`${this.source}/folder/${n}`, pattern(1000 + n, n))
    writeFileSync(`${this.source}/large`, pattern(300_000, 9))
    linkSync(`${this.source}/large`, `${this.source}/linked`)
    const store = new MemoryStore()
    this.secrets = await makeStoredVault(store)
    const { key } = await (await VaultLife.open(store, this.secrets)).backUp(this.source, `${this.folder}/prepared`)
    this.#first = { key, state: treeState(this.source) }
    for (const name of await keysUnder(store, '')) this.#objects.set(name, await store.get(name))
    writeFileSync(`${this.source}/folder/1`, pattern(2000, 77))
    writeFileSync(`${this.source}/large`, pattern(350_000, 78))
    this.#state = treeState(this.source)
  }

  /**
   * Every call of a task goes wrong in turn, each time on a fresh copy of the vault.
   * @param isPlayed chooses among the calls of a long suite.
   */
  async playFaults(task: Task, isPlayed: (n: number) => boolean = () => true): Promise<void> {
    for (const { name, fault, befalls } of faultsOnce) {
      for (let n = 1, isReached = true; isReached; n++) {
        // The run of the last number shows by itself that there is none: every number is tried until then.
        if (!isPlayed(n)) continue
        const plan = new FaultAt(n, fault, befalls)
        await this.#playFault(task, await this.#freshStore(), plan, `${task}: ${name} at call ${n}`)
        isReached = plan.hit !== null
      }
    }
  }

  async #playFault(task: Task, store: MemoryStore, plan: FaultAt, what: string): Promise<void> {
    const { fault } = plan
    let ended: EngineError | null = null
    let isAllWell = false
    try {
      isAllWell = await this.#run(task, new FaultyStore(store, { plan }), () => plan.arm(), what)
    } catch (error) {
      if (!isEngineError(error)) throw new Error(`${what} (${plan.hit}): did not end with an error of the engine`, { cause: error })
      ended = error
    }
    const name = `${what} (${plan.hit})`
    if (plan.hit === null) expect({ ended, isAllWell }, name).toEqual({ ended: null, isAllWell: true })
    else if (ended !== null && fault.kind === 'fail') expect(ended.code, name).toBe(fault.code)
    else if (ended !== null && fault.kind === 'fail-after-success') expect(ended.code, name).toBe('store.unavailable')
    // A check that could not look at everything never says that all is well.
    else if (ended === null && task === 'fsck') expect(isAllWell, name).toBe(false)
    await this.expectNextWorks(store, name, plan.hit !== null && isLie(fault))
    this.rounds += 1
  }

  /** A process that dies before and after everything that changes the store; what it had told its disk is all that is left. */
  async playCrashes(): Promise<void> {
    for (let point = 0; ; point++) {
      const store = await this.#freshStore()
      const dying = new FaultyStore(store, { onCrashPoint: crashAt(point) })
      const hasDied = await this.#run('backup', dying, () => undefined, `crash point ${point}`).then(
        () => false,
        (error: unknown) => {
          if (error instanceof SimulatedCrash) return true
          throw error
        },
      )
      await this.expectNextWorks(store, `crash point ${point}`, false)
      this.rounds += 1
      if (!hasDied) return
    }
  }

  /** @param begin called when the task itself begins; a backup's includes the start of the hub. @returns whether it says that all is well. */
  async #run(task: Task, store: FaultyStore, begin: () => void, what: string): Promise<boolean> {
    if (task === 'backup') begin()
    const life = await VaultLife.open(store, this.secrets)
    begin()
    if (task === 'backup') return (await life.backUp(this.source, this.cataloguePath)).outcome.status === 'complete'
    if (task === 'restore') return this.#expectHonestRestore(life, what)
    const { ok, problems } = await life.fsck()
    expect(
      problems.filter(({ code }) => code === 'internal'),
      what,
    ).toEqual([])
    return ok
  }

  async #expectHonestRestore(life: VaultLife, what: string): Promise<boolean> {
    const target = `${this.folder}/restored`
    try {
      const { told, status } = await life.restore(this.#first.key, target)
      expect(status, what).toBe(told.length > 0 ? 'complete-with-errors' : 'complete')
      this.#expectEqual(this.#first.state, target, what, told)
      return told.length === 0
    } finally {
      rmSync(target, { recursive: true, force: true })
    }
  }

  /** As after any bad day: a start, a check, every snapshot there is, and the next backup. */
  async expectNextWorks(store: ObjectStore, what: string, mayBeDamaged: boolean): Promise<void> {
    const before = await VaultLife.open(store, this.secrets)
    if (!mayBeDamaged) expect(await before.fsck(), what).toMatchObject({ ok: true, problems: [] })
    const { key, outcome } = await before.backUp(this.source, this.cataloguePath)
    expect(outcome.status, what).toBe('complete')
    const life = await VaultLife.open(store, this.secrets)
    const snapshots = await keysUnder(store, snapshotPrefix)
    for (const snapshot of mayBeDamaged ? [this.#first.key, key] : snapshots) {
      const target = `${this.folder}/restored`
      expect(await life.restore(snapshot, target), what).toEqual({ status: 'complete', told: [] })
      this.#expectEqual(snapshot === this.#first.key ? this.#first.state : this.#state, target, what, [])
      rmSync(target, { recursive: true })
    }
    const { ok } = await life.fsck()
    if (!mayBeDamaged) expect(ok, what).toBe(true)
  }

  #expectEqual(state: ReadonlyMap<string, string>, target: string, what: string, told: readonly string[]): void {
    const found = treeState(target)
    found.set('', state.get('') ?? '')
    const isTold = (line: string) => told.some((path) => `${path}:`.endsWith(`/source${line.slice(0, line.indexOf(':') + 1)}`))
    expect(
      stateDifferences(state, found).filter((line) => !isTold(line)),
      what,
    ).toEqual([])
  }

  async #freshStore(): Promise<MemoryStore> {
    const store = new MemoryStore()
    await this.putPrepared(store)
    return store
  }

  /** Puts the vault of the first day into a store, and the agent's catalogue where it belongs. */
  async putPrepared(store: ObjectStore): Promise<void> {
    for (const [key, bytes] of this.#objects) await store.put(key, bytes)
    copyFileSync(`${this.folder}/prepared`, this.cataloguePath)
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A fault at the n-th of the calls that it can befall. */
class FaultAt implements FaultPlan {
  readonly fault: Fault
  /** The call that went wrong; null while none did. */
  hit: string | null = null
  readonly #n: number
  readonly #befalls: readonly StoreOperation[] | null
  #seen = 0
  #isArmed = false

  constructor(n: number, fault: Fault, befalls: readonly StoreOperation[] | null) {
    this.#n = n
    this.fault = fault
    this.#befalls = befalls
  }

  arm(): void {
    this.#isArmed = true
  }

  next(call: StoreCall): Fault | undefined {
    if (!this.#isArmed || (this.#befalls !== null && !this.#befalls.includes(call.operation))) return undefined
    if (++this.#seen !== this.#n) return undefined
    this.hit = `${call.operation} ${call.key ?? '(staged)'}`
    return this.fault
  }
}
