import type { AgentService } from '../service/agent-service.ts'

/** At once, whatever hangs: `process.exit` would wait for a thread that waits for a dead disk. The lock of a process that is gone is nobody's. */
export function endHard(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** As endHard, and as Ctrl+C would have without anybody listening: shells and scripts see an interrupt (130; on Windows, which has no signals, 1). */
export function endInterrupted(): void {
  process.removeAllListeners('SIGINT')
  process.kill(process.pid, 'SIGINT')
}

/**
 * After its `close`: a thread that hangs in a call of the system would keep this process for as long as that takes. One that goes within
 * `afterMs` lets it end with its own status.
 */
export function endHanging({ desk }: Pick<AgentService, 'desk'>, afterMs: number): void {
  const look = (): void => {
    if (!desk.isIdle) endHard()
  }
  if (!desk.isIdle) setTimeout(look, afterMs).unref()
}
