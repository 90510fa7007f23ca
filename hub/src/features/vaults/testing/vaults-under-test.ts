import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { randomBytes } from 'node:crypto'
import type { AgentId, VaultId } from '@holdfast/shared-types'
import { packKey } from '@holdfast/engine/format'
import type { HubConfig } from '../../../config/config-schema.ts'
import { migrations } from '../../../migrations/index.ts'
import { openDatabase, type Database } from '../../../platform/database/database.ts'
import { createTestDatabase, type TestDatabase } from '../../../platform/database/testing/test-database.ts'
import { DiskSpace } from '../../../platform/disk-space/disk-space.ts'
import { createDomainEventBus, type DomainEventBus, type DomainEvents } from '../../../platform/events/domain-events.ts'
import type { LiveLog } from '../../../platform/events/live-log.ts'
import { Jobs } from '../../../platform/jobs/jobs.ts'
import type { Logger, LogFields } from '../../../platform/logging/logger.ts'
import { createVaults, type Vaults } from '../create-vaults.ts'
import type { PeopleDoor } from '../doors/doors.ts'
import { vaultEntities } from '../tables/database-tables.ts'
import { AgentTable } from './agent-table.ts'
import { HealerTable } from './healer-table.ts'
import { RunTable } from './run-table.ts'
import { Mortality } from './mortality.ts'
import { FoldersWithHooks, type StoreWithHooks } from './store-with-hooks.ts'
import { TestAgent } from './test-agent.ts'

export interface LogLine extends LogFields {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
}

/** A hub's vaults on a real database and a real folder, without the rest of the hub. */
export class VaultsUnderTest {
  readonly storeDir: string
  readonly secret: Uint8Array
  readonly log: LogLine[] = []
  /** What browsers were told: topic, type, body. */
  readonly told: unknown[][] = []
  readonly committed: DomainEvents['snapshot.committed'][] = []
  database!: Database
  runs!: RunTable
  agents!: AgentTable
  healers!: HealerTable
  events!: DomainEventBus
  vaults!: Vaults
  /** Not at work unless a test starts it. */
  jobs!: Jobs
  /** Whether whoever asks says the password of their account: everybody does, unless a test says otherwise. */
  readonly people: { provePassword: PeopleDoor['provePassword'] } = { provePassword: async () => undefined }
  /** Around the store of the default vault. */
  store!: StoreWithHooks
  /** The hub's clock. */
  nowMs = Date.UTC(2026, 10, 21, 9)
  /** Kills the feature in process; `start` brings it back. */
  mortality = new Mortality()
  readonly #testDatabase: TestDatabase
  #stores: readonly StoreWithHooks[] = []

  private constructor(storeDir: string, secret: Uint8Array, testDatabase: TestDatabase) {
    this.storeDir = storeDir
    this.secret = secret
    this.#testDatabase = testDatabase
  }

  /** A second hub on the same store, with a database of its own. */
  async withEmptyDatabase(onStore?: (store: StoreWithHooks) => void): Promise<VaultsUnderTest> {
    return VaultsUnderTest.#openAt(this.storeDir, this.secret, onStore)
  }

  static async open(): Promise<VaultsUnderTest> {
    return VaultsUnderTest.#openAt(await mkdtemp(join(tmpdir(), 'holdfast-vaults-')), randomBytes(32))
  }

  static async #openAt(storeDir: string, secret: Uint8Array, onStore?: (store: StoreWithHooks) => void): Promise<VaultsUnderTest> {
    const world = new VaultsUnderTest(storeDir, secret, await createTestDatabase())
    world.database = await openDatabase({
      connection: world.#testDatabase.connection,
      entities: vaultEntities,
      migrations,
      log: world.#logger(),
    })
    world.runs = new RunTable(world.database)
    world.agents = new AgentTable(world.database)
    world.healers = new HealerTable(world.database)
    try {
      await world.start(undefined, onStore)
    } catch (error) {
      await world.closeDatabase()
      throw error
    }
    return world
  }

  /**
   * Starts the feature anew, as a restarted hub does: nothing in memory is left.
   * @param onStore gets the store before the start uses it.
   */
  async start(secret: Uint8Array = this.secret, onStore?: (store: StoreWithHooks) => void): Promise<void> {
    // Frees files; what a killed hub leaves is the same, for nothing is written when a hub stops.
    await this.stop()
    this.events = createDomainEventBus((name, error) => {
      throw new Error(`A listener of ${name} failed`, { cause: error })
    })
    this.events.on('snapshot.committed', (event) => void this.committed.push(event))
    const storeUrl = pathToFileURL(this.storeDir).href
    await mkdir(this.dataDir, { recursive: true })
    // A new one: whatever a killed hub left under way stays dead.
    this.mortality = new Mortality()
    const database = this.mortality.over(this.database)
    const fatal = (error: Error): void => {
      throw error
    }
    const live = { append: (...told: unknown[]) => void this.told.push(told.slice(1)) } as unknown as LiveLog
    const diskSpace = new DiskSpace({ log: this.#logger() })
    this.jobs = new Jobs({ connection: this.#testDatabase.connection, log: this.#logger(), timeZone: 'UTC' })
    const services = {
      live,
      database,
      diskSpace,
      domainEvents: this.events,
      fatal,
      log: this.#logger(),
      now: () => this.nowMs++,
      secret,
      jobs: this.jobs,
    }
    const folders = new FoldersWithHooks(storeUrl, onStore)
    this.#stores = folders.stores
    // Of the settings the feature reads these only.
    const config = { storeUrl, dataDir: this.dataDir } as HubConfig
    const vaults = createVaults(
      { ...services, config },
      { runs: this.runs, agents: this.agents, people: this.people, healers: this.healers },
      folders,
    )
    // Known before it starts, so that one that fails to is stopped like any other.
    this.vaults = vaults
    await vaults.feature.start?.()
    this.store = folders.stores[0] as StoreWithHooks
  }

  /** From now on a step more or less kills it. */
  dieAfter(steps: number): void {
    for (const store of this.#stores) this.mortality.watch(store)
    this.mortality.dieAfter(steps)
  }

  /** HOLDFAST_DATA of this hub; without a database of its own. */
  get dataDir(): string {
    return `${this.storeDir}-data`
  }

  async stop(): Promise<void> {
    await (this.jobs as Jobs | undefined)?.stop()
    await (this.vaults as Vaults | undefined)?.feature.stop?.(AbortSignal.timeout(5000))
    // Also those of a start that failed: its process would have ended.
    for (const store of this.#stores) await store.close()
    this.#stores = []
  }

  async enrol(name = 'laptop'): Promise<TestAgent> {
    const { vaultId, domainId } = await this.vaults.placeFor(null)
    const agent = new TestAgent(this, name, vaultId, domainId)
    await this.vaults.registerAgentKeys(vaultId, agent.publicKeys)
    await this.agents.insert({ ...agent.publicKeys, id: agent.agentId, name, vaultId, revokedAt: null })
    return agent
  }

  /** As one that was made in a person's browser; call `approve` of its keys to let it in. */
  async enrolIn(vaultId: VaultId, name: string): Promise<TestAgent> {
    const place = await this.vaults.placeFor(vaultId)
    const agent = new TestAgent(this, name, vaultId, place.domainId)
    const isIn = await this.vaults.registerAgentKeys(vaultId, agent.publicKeys)
    const row = { ...agent.publicKeys, id: agent.agentId, name, vaultId, revokedAt: null }
    await this.agents.insert(row, isIn ? null : agent.publicKeys.boxSignature)
    return agent
  }

  async finishRun(runId: string, agentId: AgentId): Promise<void> {
    await this.database.em().execute(`update run set state = 'failed' where id = ?`, [runId])
    await this.events.emit('run.finished', { runId, agentId, state: 'failed' } as never)
  }

  logged(event: string): LogLine[] {
    return this.log.filter((line) => line.event === event)
  }

  /** Behind the hub's back, as a broken disk would. */
  async removePack(packId: Uint8Array): Promise<void> {
    if (!(await this.store.delete(packKey(packId)))) throw new Error('There should be a pack')
  }

  async close(): Promise<void> {
    await this.closeDatabase()
    for (const folder of [this.storeDir, this.dataDir]) await rm(folder, { recursive: true, force: true })
  }

  /** Leaves the store to another. */
  async closeDatabase(): Promise<void> {
    await this.stop()
    await this.database.close()
    await this.#testDatabase.drop()
  }

  #logger(): Logger {
    const to = (level: LogLine['level']) => (fields: LogFields) => void this.log.push({ ...fields, level })
    return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') }
  }
}
