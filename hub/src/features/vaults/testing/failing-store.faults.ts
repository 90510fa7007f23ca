import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type ErrorCode, type SnapshotId } from '@holdfast/shared-types'
import { concatBytes } from '@holdfast/engine/bytes'
import { EngineError, type EngineErrorCode } from '@holdfast/engine/errors'
import { blobTypes } from '@holdfast/engine/format'
import { TreeReader } from '@holdfast/engine/reader'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folder } from './build-tree.ts'
import type { StoreStep, StoreWithHooks } from './store-with-hooks.ts'
import type { TestAgent } from './test-agent.ts'
import { VaultsUnderTest } from './vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent
// A hub of its own for each: a start looks at every pack there is.
beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(() => world.close())

interface StoreFault {
  readonly name: string
  readonly code: EngineErrorCode
  /** The same in the words of the contract. */
  readonly told: ErrorCode
  /** `after`: it was done, and only the answer was lost. */
  readonly when: 'before' | 'after'
}
const faults: readonly StoreFault[] = [
  { name: 'no space', code: 'store.full', told: 'store.full', when: 'before' },
  { name: 'EIO', code: 'store.io-error', told: 'store.unavailable', when: 'before' },
  { name: 'away', code: 'store.unavailable', told: 'store.unavailable', when: 'before' },
  { name: 'done, but the answer lost', code: 'store.unavailable', told: 'store.unavailable', when: 'after' },
]

/** Lets the n-th step of a store fail; what it says is which step that was. */
function failAt(store: StoreWithHooks, { code, when }: StoreFault, n: number): () => string | null {
  let seen = 0
  let hit: string | null = null
  store[when] = (step: StoreStep, key: string | null) => {
    if (++seen !== n) return
    hit = `${step} ${key?.slice(0, 2) ?? '(staged)'}`
    throw new EngineError(code, `A test lets ${step} fail.`)
  }
  return () => hit
}

function heal(store: StoreWithHooks): void {
  store.before = () => undefined
  store.after = () => undefined
}

/** Two packs at least: one of data, one of tree pages. */
const someContent = (): Buffer => randomBytes(300_000)
const backUp = (content: Uint8Array): Promise<SnapshotId> => agent.backUp(folder({ home: folder({ 'a.bin': content }) }))

async function contentOf(snapshotId: SnapshotId): Promise<Uint8Array> {
  const { source } = await agent.source(snapshotId)
  const root = (await world.vaults.snapshots.find(world.database.em(), snapshotId))?.root
  if (root === null || root === undefined) throw new Error('There should be a row')
  const reader = new TreeReader((type, id) => source.read(type, id))
  const file = await reader.resolve(
    root,
    ['home', 'a.bin'].map((name) => Buffer.from(name)),
  )
  if (file?.type !== 'file') throw new Error('There should be a file')
  const parts: Uint8Array[] = []
  for await (const { item } of reader.items(file)) if (item.kind === 'data') parts.push(await source.read(blobTypes.data, item.id))
  return concatBytes(parts)
}

const snapshotsStored = async (): Promise<string[]> =>
  (await readdir(join(world.storeDir, agent.vaultId, 's'), { recursive: true }))
    .filter((name) => name.includes('/'))
    .map((name) => name.slice(-32))
    .toSorted()
const snapshotsInRows = async (): Promise<string[]> =>
  (await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).map(({ id }) => String(id)).toSorted()

/** Nothing is half there after a start, and this snapshot comes back as it was. */
async function expectWhole(snapshotId: SnapshotId, content: Buffer, what: string): Promise<void> {
  await world.start()
  expect(await world.vaults.runFsck(null, { readData: true }), what).toMatchObject({ ok: true, problems: [] })
  expect(await snapshotsInRows(), what).toEqual(await snapshotsStored())
  expect(content.equals(await contentOf(snapshotId)), what).toBe(true)
}

const codeOf = (error: unknown): string => {
  if (error instanceof AppError) return error.code
  throw error
}

test.each(faults)(
  'a hub whose store fails once in a backup ($name) tells it, and the next backup is whole',
  async (fault) => {
    for (let n = 1; ; n++) {
      // A new one each time: of a device's own snapshots those that nobody has looked through yet are read at each start of a backup, and there would be ever more steps.
      agent = await world.enrol()
      const hitStep = failAt(world.store, fault, n)
      const ended = await backUp(someContent()).then(() => null, codeOf)
      heal(world.store)
      const hit = hitStep()
      const what = `${fault.name} at step ${n} (${hit})`
      if (hit === null) {
        expect(ended).toBeNull()
        // Two packs of three steps at least, and the snapshot.
        expect(n).toBeGreaterThan(7)
        return
      }
      if (ended !== null) expect(ended, what).toBe(fault.told)
      // In the same hub, which goes on as if nothing had been.
      const content = someContent()
      await expectWhole(await backUp(content), content, what)
    }
  },
  120_000,
)

test.each(faults.filter(({ code }) => code !== 'store.full'))(
  'a hub whose store fails once while it starts without rows ($name) tells it or serves, and the next start has everything',
  async (fault) => {
    const content = someContent()
    const snapshotId = await backUp(content)
    for (let n = 1; ; n++) {
      for (const table of ['snapshot', 'pack']) await world.database.em().execute(`delete from ${table}`)
      let hitStep: () => string | null = () => null
      const ended = await world
        .start(world.secret, (store) => {
          hitStep = failAt(store, fault, n)
        })
        .then(() => null, codeOf)
      const hit = hitStep()
      const what = `${fault.name} at step ${n} of a start (${hit})`
      if (hit === null) {
        expect(ended).toBeNull()
        expect(n).toBeGreaterThan(7)
        return
      }
      if (ended !== null) expect(ended, what).toBe(fault.told)
      await expectWhole(snapshotId, content, what)
    }
  },
  120_000,
)
