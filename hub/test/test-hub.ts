import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Problem, type AgentId, type EnrolAnswer, type Run, type RunId, type RunOrder, type RunState } from '@holdfast/shared-types'
import { Client } from 'pg'
import { expect } from 'vitest'
import type { HubConfig } from '../src/config/config-schema.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { createHub } from '../src/create-hub.ts'
import type { Hub, HubOptions } from '../src/hub.ts'
import { createTestDatabase, type TestDatabase } from '../src/platform/database/testing/test-database.ts'
import { createLogger, silentLogger, type Logger } from '../src/platform/logging/logger.ts'
import { FakeAgent } from './fake-agent.ts'

interface TestHubOptions {
  readonly leaseMs?: number
  /** Prints what the hub logs, to find out why a test fails. */
  readonly isLoud?: boolean
  /** Further settings, as the environment has them. */
  readonly env?: Readonly<Record<string, string>>
  readonly logFile?: HubOptions['logFile']
  /** The hub's clock instead. */
  readonly now?: () => number
  /** Where the hub logs instead. */
  readonly log?: Logger
}

/** A whole hub on a database and a folder of its own, as `holdfast-hub start` would run it. */
export class TestHub {
  hub!: Hub
  readonly dataDir: string
  database: TestDatabase
  readonly fatal: Error[] = []
  readonly #options: TestHubOptions
  readonly secret = randomBytes(32)
  readonly #agents: FakeAgent[] = []
  #port = 0
  #cookie = ''

  private constructor(dataDir: string, database: TestDatabase, options: TestHubOptions) {
    this.dataDir = dataDir
    this.database = database
    this.#options = options
  }

  static async start(options: TestHubOptions = {}): Promise<TestHub> {
    const test = new TestHub(mkdtempSync(join(tmpdir(), 'holdfast-hub-')), await createTestDatabase(), options)
    await test.open()
    return test
  }

  /** Starts the hub (again), on the port it had. */
  async open(): Promise<void> {
    const config = loadConfig({
      HOLDFAST_DATA: this.dataDir,
      HOLDFAST_PORT: String(this.#port),
      HOLDFAST_LEASE_MS: String(this.#options.leaseMs ?? 600_000),
      ...this.#options.env,
    })
    const log = throwingOnDefects(this.#options.log ?? (this.#options.isLoud ? createLogger({ level: 'debug' }) : silentLogger))
    const held = this.#port === 0 ? null : await holdPort(this.#port)
    try {
      this.hub = await this.#make(config, log)
    } finally {
      await held?.()
    }
    await this.hub.listen()
    this.#port = this.hub.port
  }

  #make(config: HubConfig, log: Logger): Promise<Hub> {
    return createHub({
      config,
      connection: this.database.connection,
      log,
      secret: this.secret,
      onFatal: (error) => void this.fatal.push(error),
      ...(this.#options.logFile === undefined ? {} : { logFile: this.#options.logFile }),
      ...(this.#options.now === undefined ? {} : { now: this.#options.now }),
    })
  }

  /** Ends the hub, whose database is gone then; `open` starts it on a new one. */
  async loseDatabase(): Promise<void> {
    await this.hub.close()
    await this.database.drop()
    this.database = await createTestDatabase()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.close()))
    await this.hub.close()
    await this.database.drop()
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  get origin(): string {
    return this.hub.origin
  }

  /** Cookie of the signed-in administrator. */
  async cookie(): Promise<string> {
    if (this.#cookie === '') {
      const link = await this.hub.signInLink()
      const answer = await this.post('/api/v1/sign-in/link', { token: new URL(link ?? '').hash.slice('#token='.length) }, '')
      this.#cookie = cookieOf(answer)
    }
    return this.#cookie
  }

  /** From here on calls are made as this person. */
  useCookie(cookie: string): void {
    this.#cookie = cookie
  }

  async get(path: string, cookie?: string): Promise<Response> {
    return fetch(this.origin + path, { headers: { cookie: cookie ?? (await this.cookie()) } })
  }

  async post(path: string, body: unknown, cookie?: string, method = 'POST'): Promise<Response> {
    return fetch(this.origin + path, {
      method,
      body: JSON.stringify(body ?? {}),
      headers: { 'content-type': 'application/json', cookie: cookie ?? (await this.cookie()) },
    })
  }

  /** The JSON of a call that must succeed. */
  async json<T>(answer: Promise<Response> | Response): Promise<T> {
    const response = await answer
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status}: ${text}`)
    return JSON.parse(text) as T
  }

  /** Code and status of a call that must be refused. */
  async refusal(answer: Promise<Response> | Response): Promise<[number, string]> {
    const response = await answer
    return [response.status, Problem.parse(await response.json()).code]
  }

  async enrolmentToken(name?: string): Promise<string> {
    const { token } = await this.json<{ token: string }>(this.post('/api/v1/enrolment-tokens', name === undefined ? {} : { name }))
    return token
  }

  /** An enrolled agent, not linked yet. */
  async enrol(name = 'laptop'): Promise<FakeAgent> {
    const agent = new FakeAgent(name)
    agent.answer = await this.json<EnrolAnswer>(this.post('/api/v1/enrol', agent.enrolRequest(await this.enrolmentToken()), ''))
    agent.origin = this.origin
    this.#agents.push(agent)
    return agent
  }

  startRun(agentId: AgentId, order: Partial<RunOrder> & { kind?: 'backup' } = {}): Promise<Run> {
    return this.json<Run>(this.post(`/api/v1/devices/${agentId}/runs`, { kind: 'backup', sources: [{ path: '/home' }], ...order }))
  }

  run(runId: RunId): Promise<Run> {
    return this.json<Run>(this.get(`/api/v1/runs/${runId}`))
  }

  /** Waits until a run is in this state. */
  async expectState(runId: RunId, state: RunState, timeoutMs = 20_000): Promise<Run> {
    await expect.poll(async () => (await this.run(runId)).state, { timeout: timeoutMs, interval: 20 }).toBe(state)
    return this.run(runId)
  }

  /** Rows of a statement on the hub's database, around the hub. */
  async sql<T extends object>(statement: string, values: readonly unknown[] = []): Promise<T[]> {
    const client = new Client(this.database.connection)
    await client.connect()
    try {
      return (await client.query<T>(statement, [...values])).rows
    } finally {
      await client.end()
    }
  }
}

/** What the hub only writes down of its own defects fails the call that met one. */
const throwingOnDefects = (log: Logger): Logger => ({
  debug: (...line) => log.debug(...line),
  info: (...line) => log.info(...line),
  warn: (...line) => log.warn(...line),
  error(fields, message) {
    log.error(fields, message)
    if (fields.event === 'audit.told-too-late') throw new Error(`${message}: ${JSON.stringify(fields)}`)
  },
})

/** Keeps a port while a hub is made anew: meanwhile it could become another test's. @returns what lets go of it; null where it is in use */
async function holdPort(port: number): Promise<(() => Promise<unknown>) | null> {
  const server = createServer((socket) => void socket.destroy())
  const isHeld = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  return isHeld ? () => new Promise((resolve) => server.close(resolve)) : null
}

export const cookieOf = (answer: Response): string => (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
