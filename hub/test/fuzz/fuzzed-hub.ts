import { randomBytes } from 'node:crypto'
import { AgentId, RunId, SessionId, SnapshotId, VaultId, type Run } from '@holdfast/shared-types'
import { vi } from 'vitest'
import { folder } from '../../src/features/vaults/testing/build-tree.ts'
import { begin, commit, finish, send } from '../../src/features/vaults/testing/wire-backup.ts'
import { silentLogger, type LogFields } from '../../src/platform/logging/logger.ts'
import type { FakeAgent } from '../fake-agent.ts'
import { cookieOf, TestHub } from '../test-hub.ts'

/** Who asks. */
export type Asker = 'nobody' | 'person' | 'device' | 'stranger'

/** A whole hub with a device, a snapshot and runs in several states, which remembers what it could not cope with. */
export class FuzzedHub {
  readonly hub: TestHub
  /** What the hub itself logged as its own mistake. */
  readonly mistakes: string[]
  agent: FakeAgent
  /** Real ids by their schemas. */
  readonly known: ReadonlyMap<unknown, readonly unknown[]>
  /** The same, with a device that nobody needs afterwards. */
  readonly knownToEnd: ReadonlyMap<unknown, readonly unknown[]>
  /** A run that the agent has in hand. */
  running: { readonly runId: RunId; readonly fence: number }
  #orders = 0
  #cookie = ''

  private constructor(hub: TestHub, mistakes: string[], parts: Pick<FuzzedHub, 'agent' | 'known' | 'knownToEnd' | 'running'>) {
    this.hub = hub
    this.mistakes = mistakes
    this.agent = parts.agent
    this.known = parts.known
    this.knownToEnd = parts.knownToEnd
    this.running = parts.running
  }

  static async start(): Promise<FuzzedHub> {
    const mistakes: string[] = []
    const error = (fields: LogFields, message: string): void => {
      const cause = fields['err'] instanceof Error ? fields['err'].stack : ''
      mistakes.push(`${fields.event}: ${message} ${cause}`)
    }
    const hub = await TestHub.start({ log: { ...silentLogger, error }, env: { HOLDFAST_RATE_LIMIT: '0' } })
    const agent = await hub.enrol()
    agent.onCancel = null
    await agent.link()
    const backup = await begin(hub, agent, '/home')
    const tree = folder({ home: folder({ 'a file': randomBytes(70_000), empty: folder({}) }) })
    const { snapshotId } = await commit(agent, backup, await send(agent, backup, tree))
    await finish(agent, backup)
    const open = await begin(hub, agent, '/srv')
    const restore = await hub.json<Run>(hub.post(`/api/v1/devices/${agent.agentId}/runs`, { kind: 'verify', snapshotId }))
    const known = new Map<unknown, readonly unknown[]>([
      [AgentId, [agent.agentId]],
      [RunId, [backup.runId, open.runId, restore.id]],
      [SessionId, [backup.sessionId, open.sessionId]],
      [SnapshotId, [snapshotId]],
      [VaultId, [agent.answer?.vaultId]],
    ])
    const spare = await hub.enrol('spare')
    const knownToEnd = new Map([...known, [AgentId, [spare.agentId]] as const])
    return new FuzzedHub(hub, mistakes, { agent, known, knownToEnd, running: { runId: open.runId, fence: open.fence } })
  }

  /** Headers by which the hub knows who asks. A sign-in or token that was ended meanwhile is made anew. */
  async headersOf(asker: Asker): Promise<Record<string, string>> {
    if (asker === 'person') return { cookie: await this.cookie() }
    if (asker === 'device') return { authorization: `Bearer ${await this.agent.token()}` }
    if (asker === 'stranger') return { authorization: 'Bearer eyJhbGciOiJFZERTQSJ9.e30.AA', cookie: 'holdfast=\u00e4; x=%00' }
    return {}
  }

  /** Of a person who is signed in at this moment. */
  async cookie(): Promise<string> {
    const isGood = this.#cookie !== '' && (await fetch(`${this.hub.origin}/api/v1/me`, { headers: { cookie: this.#cookie } })).ok
    if (isGood) return this.#cookie
    const { url } = (await this.hub.hub.admin('sign-in-link.create', {})) as { url: string }
    const token = new URL(url).hash.slice('#token='.length)
    let answer = await this.hub.post('/api/v1/sign-in/link', { token }, '')
    if (answer.status === 429) {
      // Too many wrong passwords from this address: what was said has worked. Only time makes the hub forget it.
      await this.hub.sql('delete from failed_sign_in')
      answer = await this.hub.post('/api/v1/sign-in/link', { token }, '')
    }
    this.#cookie = cookieOf(answer)
    this.hub.useCookie(this.#cookie)
    return this.#cookie
  }

  /** Gives the agent a new run, for what was said may have ended the last one; `vault.unseal` is for one that reads. */
  async takeRun(kind: 'backup' | 'verify'): Promise<void> {
    await this.cookie()
    const agent = await this.linked()
    if (kind === 'backup') {
      this.#orders += 1
      const { runId, fence } = await begin(this.hub, agent, `/fuzz ${this.#orders}`)
      this.running = { runId, fence }
      return
    }
    const [snapshotId] = this.known.get(SnapshotId) ?? []
    const order = { kind: 'restore', snapshotId, target: { path: `/fuzz ${++this.#orders}` } }
    const { id } = await this.hub.json<Run>(this.hub.post(`/api/v1/devices/${agent.agentId}/runs`, order, await this.cookie()))
    const { fence } = await vi.waitUntil(() => agent.offers.findLast((offer) => offer.runId === id), { interval: 10, timeout: 20_000 })
    this.running = { runId: id, fence }
  }

  /** The agent's link, made again where a message has ended it. */
  async linked(): Promise<FakeAgent> {
    if (this.agent.socket?.connected !== true) await this.agent.link([{ ...this.running, state: 'running' as const }])
    return this.agent
  }
}
