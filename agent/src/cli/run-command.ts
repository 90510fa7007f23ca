import { loadEnrolledAgent } from '../identity/identity.ts'
import { agentVersion } from '../identity/agent-version.ts'
import { createAgentLog } from '../logging/agent-log.ts'
import { LogFile } from '../logging/log-file.ts'
import type { CommandContext } from './command-context.ts'
import { endHanging, endHard } from './end-hard.ts'
import { whenParentGone } from './parent-process.ts'
import { sameInterruptMs } from './same-interrupt.ts'

/** The agent in the foreground, until it is told to stop. */
export async function runCommand(context: CommandContext, { exitWithParent }: { readonly exitWithParent: boolean }): Promise<number> {
  const { terminal, config, folders } = context
  const agent = await loadEnrolledAgent(folders)
  const tell = (text: string): void => terminal.err(text)
  const logFile = new LogFile({ path: folders.logFile, keepFiles: config.logFiles, keepDays: config.logDays, tell })
  const log = createAgentLog({ level: config.logLevel, isPretty: terminal.isLive, write: tell, also: logFile })
  const { startAgentService } = await import('../service/agent-service.ts')
  const service = await startAgentService({ config, folders, agent, purpose: 'service', log })
  const { agentId, hubUrl } = agent.identity
  log.info({ event: 'agent.started', agentId, hubUrl, version: agentVersion, pid: process.pid }, 'Agent started')
  const reason = await whenToldToStop(exitWithParent)
  log.info({ event: 'agent.stopping', reason }, 'Agent stops')
  await service.close()
  log.info({ event: 'agent.stopped' }, 'Agent stopped')
  logFile.close()
  endHanging(service, 500)
  return 0
}

/** Told once more, it leaves at once. */
async function whenToldToStop(exitWithParent: boolean): Promise<string> {
  const told = Promise.withResolvers<string>()
  let toldAtMs: number | null = null
  const tell = (reason: string): void => {
    // A shell and a program that starts this one both pass on the same Ctrl+C.
    if (toldAtMs !== null && performance.now() - toldAtMs >= sameInterruptMs) endHard()
    toldAtMs ??= performance.now()
    told.resolve(reason)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => tell(signal))
  const stopWatching = whenParentGone({ alsoByInput: exitWithParent }, () => told.resolve('parent gone'))
  const reason = await told.promise
  toldAtMs ??= performance.now()
  stopWatching()
  return reason
}
