import { setTimeout as sleep } from 'node:timers/promises'
import { isEndState, type LogLine, type Run } from '@holdfast/shared-types'
import type { HubDoor } from '../../stack/hub-door.ts'
import type { Sight } from './browser-client.ts'

/** Small, so that one sight of the log is many answers. */
const linesPerPage = 50

/** Watches a run as the command line does (agent/src/cli/follow-run.ts): asks, and asks again while the hub is away. */
export async function followRun(door: HubDoor, runId: string, everyMs: number): Promise<Sight> {
  const lines: LogLine[] = []
  for (;;) {
    try {
      const run = await door.get<Run>(`/runs/${runId}`)
      await readOn(door, runId, lines)
      // The log was read after the run had ended: it is whole.
      if (isEndState(run.state)) return { lines, state: run.state }
    } catch {
      // The hub is away; it comes back.
    }
    await sleep(everyMs)
  }
}

async function readOn(door: HubDoor, runId: string, lines: LogLine[]): Promise<void> {
  for (;;) {
    const after = lines.at(-1)?.seq ?? 0
    const page = await door.get<{ items: LogLine[]; hasMore?: boolean }>(`/runs/${runId}/log?after=${after}&limit=${linesPerPage}`)
    lines.push(...page.items)
    if (page.hasMore !== true) return
  }
}
