import { RunId, type LogLine, type Run, type RunRequest, type SnapshotId } from '@holdfast/shared-types'
import { snapshotFacts } from './an-entry.ts'
import type { TestAgent } from './an-agent.ts'
import type { FakeHub } from './fake-hub.ts'

/** Lets the hub take orders of runs and tell of them as a real one does: by what it heard of the agent, and no more. @returns the orders */
export function takeRuns(hub: FakeHub, { agent }: TestAgent): unknown[] {
  const { agentId } = agent.identity
  const orders: unknown[] = []
  hub.scripted.set(`POST /api/v1/devices/${agentId}/runs`, (_query, body) => {
    const order = JSON.parse(body.toString()) as RunRequest
    orders.push(order)
    const runId = RunId.parse(crypto.randomUUID())
    const request: RunRequest = order.kind === 'backup' ? { ...order, vaultId: hub.vault.vaultId } : order
    const run = (): Run => asRun(hub, runId, request, agentId)
    hub.scripted.set(`GET /api/v1/runs/${runId}`, run)
    hub.scripted.set(`GET /api/v1/runs/${runId}/log`, (query) => {
      const after = Number(query.get('after'))
      return { items: linesOf(hub, runId).filter(({ seq }) => seq > after), hasMore: false }
    })
    void hub.offer(request, { runId })
    return run()
  })
  return orders
}

/** Its one snapshot, as a hub that cannot open it tells of it. */
export function showSnapshot(hub: FakeHub, { agent }: TestAgent, id: SnapshotId): void {
  const { agentId } = agent.identity
  hub.scripted.set('GET /api/v1/snapshots/latest', () => ({
    ...snapshotFacts,
    id,
    agentId,
    vaultId: hub.vault.vaultId,
    vaultKind: 'private',
    roots: [],
    status: null,
    files: null,
    folders: null,
    bytes: null,
    errors: null,
  }))
}

function asRun(hub: FakeHub, id: RunId, request: RunRequest, agentId: Run['agentId']): Run {
  const end = hub.reports('run.finished').find(({ body }) => body['runId'] === id)?.body
  const ended = end as unknown as (Pick<Run, 'result' | 'error' | 'warnings' | 'warningCount'> & { outcome: Run['state'] }) | undefined
  const { result = null, error = null, warnings = [], warningCount = 0, outcome: state = 'running' } = ended ?? {}
  const order = { id, agentId, deviceName: 'box', kind: request.kind, request, requestedBy: 'box' }
  const times = { createdAtMs: 1_000, startedAtMs: 2_000, finishedAtMs: ended === undefined ? null : 5_000 }
  const plan = { trigger: 'order' as const, planId: null, planName: null, attempt: 1, attempts: null, notBeforeMs: null }
  return { ...order, ...times, ...plan, state, result, error, warnings, warningCount, pausedAtMs: null, waitsFor: null, progress: null }
}

const linesOf = (hub: FakeHub, runId: RunId): LogLine[] =>
  hub
    .reports('run.log')
    .filter(({ body }) => body['runId'] === runId)
    .flatMap(({ body }) => body['lines'] as (Omit<LogLine, 'seq'> & { n: number })[])
    .map(({ n, ...line }) => ({ seq: n, ...line }))
