import { readFileSync, rmSync } from 'node:fs'
import { z } from 'zod'
import type { AgentFolders } from './agent-folders.ts'
import { lockHolder, type LockHolder } from './process-lock.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

/** What the process that holds the lock says of itself; believed only while that process lives. */
const RunningAgent = z.object({
  pid: z.int(),
  version: z.string(),
  startedAtMs: z.int(),
  link: z.enum(['connecting', 'connected', 'waiting', 'refused', 'closed']),
  problem: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
})
export type RunningAgent = z.infer<typeof RunningAgent>

export const writeRunningAgent = (folders: AgentFolders, facts: RunningAgent): Promise<void> =>
  writeFileAtomically(folders.runningFile, `${JSON.stringify(facts, null, 2)}\n`)
export const removeRunningAgent = (folders: AgentFolders): void => rmSync(folders.runningFile, { force: true })

/** Who holds the lock and what it says of itself; null = no Holdfast process works here. */
export async function findRunningAgent(
  folders: AgentFolders,
): Promise<{ readonly holder: LockHolder; readonly facts: RunningAgent | null } | null> {
  const holder = await lockHolder(folders.lockFile)
  if (holder === null) return null
  const facts = readFacts(folders.runningFile)
  return { holder, facts: facts?.pid === holder.pid ? facts : null }
}

function readFacts(path: string): RunningAgent | null {
  try {
    return RunningAgent.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null
  } catch {
    // Not written yet: the process has only just begun.
    return null
  }
}
