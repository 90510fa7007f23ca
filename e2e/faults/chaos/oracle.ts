import { readFileSync, rmSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isEndState, type Run, type Snapshot } from '@holdfast/shared-types'
import { findTreeDifferences } from '../../stack/tree-differences.ts'
import { findOverlaps } from './agent-words.ts'
import { eventually } from './eventually.ts'
import { faultsOfHistory, readBooks, type CommittedSnapshot, type HistoryEntry } from './history.ts'
import type { Rig } from './rig.ts'

/** Nobody waits longer than two leases (docs/agent-protocol.md) … */
const twoLeasesMs = ({ leaseMs }: Rig): number => 2 * leaseMs
/** … by the clock of a machine that has nothing else to do. Ours starts programs meanwhile. */
const crowdedMs = 10_000
/** A program that was killed starts again, a database recovers, a dead link is noticed and dialled anew. */
const backInServiceMs = 60_000
/** What a run of this size takes, with room for a crowded machine. */
const runMs = 120_000

/** Everything that was killed runs again, and agent and hub are linked. */
export async function expectService({ stack, door, launchAgent }: Rig): Promise<void> {
  if (!stack.hub().isRunning()) throw new Error(`The hub ended:\n${stack.hub().output().slice(-4_000)}`)
  await eventually('the hub is ready', backInServiceMs, async () => ((await fetch(`${stack.origin}/health/ready`)).ok ? true : undefined))
  await eventually('the device is online', backInServiceMs, async () => {
    // Its disk was full when it began, or its link was refused: whoever looks after services starts it again.
    if (!stack.agent().isRunning()) launchAgent()
    return (await door.device()).online ? true : undefined
  })
}

/** Every run that there is has ended within two leases. */
export async function expectAllEnded(rig: Rig): Promise<void> {
  const { door } = rig
  await eventually('every run has ended', twoLeasesMs(rig) + crowdedMs, async () => {
    const active = await door.activeRuns()
    if (active.length === 0) return true
    throw new Error(active.map(({ id, kind, state }) => `${kind} ${id} is ${state}`).join(', '))
  })
}

/** The next run of the same source begins within two leases, and succeeds. */
export async function expectNextRun(rig: Rig): Promise<Run> {
  const { door, agentId, backupOrder } = rig
  const { id } = await door.order(agentId, backupOrder())
  await eventually(`the next run ${id} has begun`, twoLeasesMs(rig) + crowdedMs, async () => {
    const { state } = await door.run(id)
    return state === 'queued' || state === 'offered' ? undefined : true
  })
  return expectGood({ door }, id)
}

async function expectGood({ door }: Pick<Rig, 'door'>, runId: string): Promise<Run> {
  const run = await eventually(`run ${runId} has ended`, runMs, async () => {
    const seen = await door.run(runId)
    return isEndState(seen.state) ? seen : undefined
  })
  if (run.state === 'succeeded') return run
  throw new Error(`${run.kind} ${run.id} ended as ${run.state}: ${JSON.stringify(run.error)} ${JSON.stringify(run.warnings)}`)
}

/** The newest snapshot, restored by the agent, is equal to the source. */
export async function expectEqualRestore({ door, agentId, source, stack }: Rig, run: Run): Promise<void> {
  const snapshotId = run.result?.kind === 'backup' ? run.result.snapshotId : null
  if (snapshotId === null) throw new Error(`Run ${run.id} has no snapshot`)
  const latest = await door.get<Snapshot>('/snapshots/latest')
  if (latest.id !== snapshotId) throw new Error(`The latest snapshot is ${latest.id}, not ${snapshotId} of run ${run.id}`)
  const target = join(stack.folder, 'restored')
  mkdirSync(target)
  const restore = await door.order(agentId, { kind: 'restore', snapshotId, target: { path: target }, flat: false, paths: [] })
  await expectGood({ door }, restore.id)
  const differences = await findTreeDifferences(source, join(target, source))
  if (differences !== '') throw new Error(`the restored tree differs:\n${differences}`)
  rmSync(target, { recursive: true })
}

/** Histories are paths of the machine with one end, and exactly the good backups have exactly one snapshot. */
export async function expectHonestBooks({ hubDataFolder }: Rig, runs: readonly Run[]): Promise<void> {
  const { history, committed } = await readBooks(
    hubDataFolder,
    runs.map((run) => run.id),
  )
  const faults = runs.flatMap((run) =>
    faultsOfRun(run, history, committed).map((fault) => `${run.kind} ${run.id} (${run.state}): ${fault}`),
  )
  if (faults.length > 0) throw new Error(faults.join('\n'))
}

function faultsOfRun(run: Run, history: readonly HistoryEntry[], committed: readonly CommittedSnapshot[]): string[] {
  const entries = history.filter(({ runId }) => runId === run.id)
  const faults = faultsOfHistory(entries)
  const last = entries.at(-1)?.to
  if (last !== run.state) faults.push(`its history ends as ${last}`)
  const snapshots = committed.find(({ runId }) => runId === run.id)?.snapshots ?? 0
  const isGood = run.state === 'succeeded' || run.state === 'warning'
  const wanted = run.kind === 'backup' && isGood ? 1 : 0
  if (snapshots !== wanted) faults.push(`it has ${snapshots} snapshots, not ${wanted}`)
  return faults
}

/** The agent never worked on one source twice at once. */
export function expectNoOverlap({ agentOutputs }: Rig, runs: readonly Run[]): void {
  const keys = new Map(runs.map(({ id, request }) => [id as string, JSON.stringify({ ...request, vaultId: '' })]))
  const overlaps = agentOutputs().flatMap((output) => findOverlaps(output, (runId) => keys.get(runId) ?? runId))
  if (overlaps.length > 0) throw new Error(overlaps.join('\n'))
}

/** Everything that the agent had to tell is told. */
export async function expectEmptyOutbox({ disk }: Rig): Promise<void> {
  await eventually('the outbox is empty', crowdedMs, async () => {
    const waiting = reportsIn(readFileSync(join(disk.path, 'outbox/reports.jsonl'), 'utf8'))
    return waiting === 0 ? true : undefined
  })
}

function reportsIn(text: string): number {
  const waiting = new Set<string>()
  for (const line of text.split('\n').filter((written) => written !== '')) {
    const { put, done } = JSON.parse(line) as { put?: { id: string }; done?: string }
    if (put !== undefined) waiting.add(put.id)
    if (done !== undefined) waiting.delete(done)
  }
  return waiting.size
}
