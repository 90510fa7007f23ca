import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SnapshotId } from '@holdfast/shared-types'
import { expect } from 'vitest'
import { collect, expectRestored, expectSound, piece, treeOf, type Files } from './collection-world.ts'
import type { TestAgent } from './test-agent.ts'
import { VaultsUnderTest } from './vaults-under-test.ts'

/** Small and quick; the same numbers for the same seed everywhere. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

/** What happens to whoever asks a hub that was killed, or deletes what is gone. */
const mayBeRefused = new Set([
  'snapshot.not-found',
  'snapshot.gone',
  'snapshot.in-use',
  'snapshot.deletion-unconfirmed',
  'vault.collection-unsafe',
])

interface Known {
  readonly agent: TestAgent
  readonly files: Files
  /** Its agent was told so. */
  isCommitted: boolean
  /** Somebody tried to delete it. */
  isDeleted: boolean
}

/**
 * Rounds of backups, deletions, second thoughts and collections at the same time on one vault, many of them with a hub that is killed in the middle. After each: every
 * stored byte opens, rows and store agree, and every snapshot that is kept restores byte for byte.
 */
export class RaceRounds {
  readonly #world: VaultsUnderTest
  readonly #agents: readonly TestAgent[]
  /** Content that comes back: what was deleted is backed up again. */
  readonly #pool: readonly Buffer[] = Array.from({ length: 10 }, () => piece(130_000))
  /** Committed, as far as anybody knows; also those whose answer was lost. */
  readonly #known = new Map<SnapshotId, Known>()
  kills = 0
  removed = 0
  moved = 0

  private constructor(world: VaultsUnderTest, agents: readonly TestAgent[]) {
    this.#world = world
    this.#agents = agents
  }

  static async open(): Promise<RaceRounds> {
    const world = await VaultsUnderTest.open()
    return new RaceRounds(world, [await world.enrol('one'), await world.enrol('two'), await world.enrol('three')])
  }

  close(): Promise<void> {
    return this.#world.close()
  }

  /** @throws what was broken, naming the seed and where the hub died. */
  async play(seed: number): Promise<void> {
    const random = randomOf(seed)
    const world = this.#world
    const { mortality } = world
    mortality.pause = async () => {
      for (let turns = random(4); turns > 0; turns--) await nextTurn()
    }
    const isKilled = random(5) < 3
    if (isKilled) world.dieAfter(1 + random(60))
    try {
      const actors = Array.from({ length: 3 + random(3) }, () => this.#act(random))
      const ends = await Promise.allSettled([...actors, this.#collect().then(() => this.#collect())])
      if (mortality.isDead) this.kills++
      for (const end of ends) if (end.status === 'rejected' && !mortality.isDead) throw end.reason
      await this.#endRuns()
      await world.start()
      await this.#check()
    } catch (error) {
      throw new Error(`Seed ${seed}${mortality.diedAt === null ? '' : `, killed at ${mortality.diedAt}`}`, { cause: error })
    }
  }

  #act(random: (below: number) => number): Promise<unknown> {
    const agent = this.#agents[random(this.#agents.length)] as TestAgent
    const files = Object.fromEntries(
      Array.from({ length: 1 + random(4) }, (_, index) => [`${index}.bin`, this.#pool[random(10)] as Buffer]),
    )
    const ids = [...this.#known.keys()]
    const id = ids[random(Math.max(ids.length, 1))]
    const choice = random(10)
    if (id === undefined || choice < 4) return this.#backUp(agent, files, random(3))
    if (choice < 9) return this.#delete(id, choice < 8)
    return allowed(this.#world.vaults.deletion.undelete([id]))
  }

  #delete(id: SnapshotId, isFinal: boolean): Promise<unknown> {
    const known = this.#known.get(id)
    if (known !== undefined) known.isDeleted = true
    return allowed(this.#world.vaults.deletion.delete({ snapshotIds: [id], by: 'race', isConfirmed: true, isFinal }))
  }

  async #backUp(agent: TestAgent, files: Files, dawdles: number): Promise<void> {
    const session = await agent.open()
    const parts = await agent.prepareParts(session, treeOf(files))
    for (let turns = dawdles * 40; turns > 0; turns--) await nextTurn()
    const snapshotId = Buffer.from(session.sessionId.replaceAll('-', ''), 'hex')
    const known = { agent, files, isCommitted: false, isDeleted: false }
    this.#known.set(snapshotId.toString('hex') as SnapshotId, known)
    await agent.commit(session, agent.seal(session, { ...parts, snapshotId }))
    known.isCommitted = true
    await agent.endRun(session.runId)
  }

  async #collect(): Promise<void> {
    const story = await allowed(collect(this.#world))
    this.removed += story?.packsRemoved ?? 0
    this.moved += story?.bytesMoved ?? 0
  }

  /** What agents of a killed hub do in the end: their runs fail. */
  async #endRuns(): Promise<void> {
    await this.#world.database.em().execute(`update run set state = 'failed' where state in ('running', 'committing')`)
  }

  async #check(): Promise<void> {
    await expectSound(this.#world)
    const em = this.#world.database.em()
    for (const [id, { agent, files, isCommitted, isDeleted }] of this.#known) {
      const snapshot = await this.#world.vaults.snapshots.find(em, id)
      if (isCommitted && !isDeleted) expect(snapshot?.state).toBe('committed')
      if (snapshot === null) this.#known.delete(id)
      else if (snapshot.state === 'committed') await expectRestored(agent, id, files)
    }
  }
}

/** The outcome, or null where it was refused as it may be. */
async function allowed<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (mayBeRefused.has((error as { code?: string }).code ?? '')) return null
    throw error
  }
}
