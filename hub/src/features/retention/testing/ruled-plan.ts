import { randomBytes, randomUUID } from 'node:crypto'
import type { Plan, Retention, RetentionPreview, RetentionWait, Snapshot } from '@holdfast/shared-types'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { FakeAgent } from '../../../../test/fake-agent.ts'
import { changeOf } from '../../../../test/plan-change.ts'
import { TestHub } from '../../../../test/test-hub.ts'

export const dayMs = 24 * 60 * 60 * 1000

interface Made {
  readonly daysAgo: number
  readonly status?: string
  /** Null: made by hand. */
  readonly ofPlan?: Plan | null
  /** The hub knows nothing of the run any more. */
  readonly isRunLost?: boolean
  readonly planName?: string | null
}

/** A hub for all tests of a file, and for each of them a new device with a plan of its own. */
export function useRuledPlan(): RuledPlan {
  const world = new RuledPlan()
  beforeAll(async () => {
    world.hub = await TestHub.start()
  })
  afterAll(() => world.hub.stop())
  beforeEach(async () => {
    world.agent = await world.hub.enrol(`device-${randomUUID()}`)
    world.plan = await world.makePlan()
  })
  return world
}

/** Its functions stand alone: they may be taken out of it. */
class RuledPlan {
  hub!: TestHub
  agent!: FakeAgent
  plan!: Plan
  #seq = 0

  readonly makePlan = (change: object = {}): Promise<Plan> =>
    this.hub.json(this.hub.post('/api/v1/plans', { agentId: this.agent.agentId, name: 'Home', sources: [{ path: '/home' }], ...change }))
  readonly planNow = (): Promise<Plan> => this.hub.json(this.hub.get(`/api/v1/plans/${this.plan.id}`))
  readonly put = async (change: object): Promise<Response> =>
    this.hub.post(`/api/v1/plans/${this.plan.id}`, { ...changeOf(await this.planNow()), ...change }, undefined, 'PUT')
  readonly setRules = (retention: Partial<Retention> | null): Promise<Plan> => this.hub.json(this.put({ retention }))

  /** The rows that a backup leaves. @returns the snapshot's id */
  readonly made = async (wanted: Made): Promise<string> => {
    const { daysAgo, status = 'complete', ofPlan = this.plan, isRunLost = false, planName = ofPlan?.name ?? null } = wanted
    const [id, runId] = [randomBytes(16), randomUUID()]
    const at = new Date(Date.now() - daysAgo * dayMs)
    const { agentId } = this.agent
    if (!isRunLost)
      await this.hub.sql(
        `insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, created_at, finished_at, offer_count, warnings, warning_count, last_log_seq, last_event_number, plan_id, plan_name)
         values ($1, $2, 'backup', 'succeeded', 1, gen_random_uuid()::text, '{"kind":"backup"}', 'test', $3, $3, 1, '[]', 0, 0, 0, $4, $5)`,
        [runId, agentId, at, ofPlan?.id ?? null, planName],
      )
    await this.hub.sql(
      `insert into snapshot (id, vault_id, domain_id, agent_id, run_id, seq, key_epoch, received_at, epoch, state, status, system, host, plan, root, started_at, finished_at,
         files, folders, bytes, errors, roots, packs, segments)
       select $1, a.vault_id, a.domain_id, a.id, $2, $3, 1, $4, 1, 'committed', $5, 'linux', 'laptop', $6, $7, $4, $4, 1, 1, 10, 0, '[]', 1, 1 from agent a where a.id = $8`,
      [id, isRunLost ? null : runId, ++this.#seq, at, status, planName, randomBytes(32), agentId],
    )
    return id.toString('hex')
  }

  /** Newest first. */
  readonly daily = async (days: number, change: Partial<Made> = {}): Promise<string[]> => {
    const ids: string[] = []
    for (let daysAgo = days - 1; daysAgo >= 0; daysAgo--) ids.unshift(await this.made({ daysAgo, ...change }))
    return ids
  }

  /** Newest first. */
  readonly kept = async (query = ''): Promise<string[]> => {
    const { items } = await this.hub.json<{ items: Snapshot[] }>(this.hub.get(`/api/v1/snapshots?agentId=${this.agent.agentId}${query}`))
    return items.map(({ id }) => id).toReversed()
  }

  readonly apply = (): Promise<{ deleted: number; wait: RetentionWait | null }> =>
    this.hub.json(this.hub.post(`/api/v1/plans/${this.plan.id}/retention/apply`, {}))
  readonly preview = (retention: Partial<Retention> | null, change: object = {}): Promise<RetentionPreview> => {
    const draft = { agentId: this.agent.agentId, planId: this.plan.id, planName: this.plan.name, retention, ...change }
    return this.hub.json(this.hub.post('/api/v1/retention/preview', draft))
  }
  readonly waits = async (): Promise<RetentionWait[]> => {
    const { items } = await this.hub.json<{ items: RetentionWait[] }>(this.hub.get('/api/v1/retention/waits'))
    return items.filter(({ planId }) => planId === this.plan.id)
  }
  readonly approve = (id: string): Promise<Response> => this.hub.post(`/api/v1/retention/waits/${id}/approve`, {})
  readonly refuse = (id: string): Promise<Response> => this.hub.post(`/api/v1/retention/waits/${id}/refuse`, {})
}
