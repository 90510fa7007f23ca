import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { endRunStates, isEndState, type RunState } from '@holdfast/shared-types'
import { Client } from 'pg'

/** One row of a run's history. */
export interface HistoryEntry {
  readonly runId: string
  readonly n: number
  readonly input: string
  readonly from: RunState
  readonly to: RunState
  readonly fence: number
}

export interface CommittedSnapshot {
  readonly runId: string
  readonly snapshots: number
}

/** Reads what the API does not show, around the hub, from its own database. */
export async function readBooks(
  hubDataFolder: string,
  runIds: readonly string[],
): Promise<{ readonly history: readonly HistoryEntry[]; readonly committed: readonly CommittedSnapshot[] }> {
  const folder = join(hubDataFolder, 'postgres')
  const client = new Client({
    host: join(folder, 'socket'),
    port: 5432,
    user: 'hub',
    database: 'holdfast',
    password: readFileSync(join(folder, 'password'), 'utf8').trim(),
  })
  await client.connect()
  try {
    const history = await client.query<HistoryEntry>(
      `select run_id as "runId", n, input, from_state as "from", to_state as "to", fence from run_event where run_id = any($1) order by run_id, n`,
      [runIds],
    )
    const committed = await client.query<CommittedSnapshot>(
      `select run_id as "runId", count(*)::int as snapshots from snapshot where state = 'committed' and run_id = any($1) group by run_id`,
      [runIds],
    )
    return { history: history.rows, committed: committed.rows }
  } finally {
    await client.end()
  }
}

const ends: readonly RunState[] = endRunStates
/** The states that a run may come to from each, as docs/agent-protocol.md draws them; what the hub's own table says is tested there. */
const nextOf: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['queued', 'offered', 'cancelled', 'failed'],
  offered: ['offered', 'queued', 'running', 'committing', ...ends],
  running: ['running', 'committing', ...ends],
  committing: ['committing', ...ends],
  succeeded: [],
  warning: [],
  failed: [],
  cancelled: [],
  expired: [],
}

/** What is wrong with the history of one run, in words; empty when it is a path of the machine with one end, its last. */
export function faultsOfHistory(entries: readonly HistoryEntry[]): string[] {
  const faults: string[] = []
  let state: RunState = 'queued'
  let fence = 0
  for (const [index, entry] of entries.entries()) {
    const step = `step ${entry.n} (${entry.input}: ${entry.from} → ${entry.to}, fence ${entry.fence})`
    if (entry.n !== index + 1) faults.push(`${step} is not the next number`)
    if (entry.from !== state) faults.push(`${step} does not begin where the last one ended (${state})`)
    if (index > 0 && !nextOf[entry.from].includes(entry.to)) faults.push(`${step} is no step of the machine`)
    if (entry.fence !== fence && entry.fence !== fence + 1) faults.push(`${step} does not go on from fence ${fence}`)
    if (entry.to === 'offered' && entry.from === 'queued' && entry.fence !== fence + 1)
      faults.push(`${step} gives the run away without a new fence`)
    state = entry.to
    fence = entry.fence
  }
  const endCount = entries.filter(({ to }) => isEndState(to)).length
  if (endCount !== 1) faults.push(`it has ${endCount} ends`)
  return faults
}
