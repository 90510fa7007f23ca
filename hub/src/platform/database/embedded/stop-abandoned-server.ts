import { setTimeout as delay } from 'node:timers/promises'
import { tryFolderLock } from '../../lifecycle/folder-lock.ts'
import { toolEnvironment } from './run-tool.ts'
import { stopServer } from './stop-server.ts'

/*
 * A program of its own: `node stop-abandoned-server.ts <AbandonedServer as JSON> [graceMs]`. The watchdog runs it once its hub is dead.
 * It imports nothing but what is needed, so that it also works while an update replaces packages.
 */

/** What is needed to stop a server whose hub is dead. */
export interface AbandonedServer {
  readonly lockFile: string
  readonly dataFolder: string
  readonly pgCtl: string
  readonly user: { readonly uid: number; readonly gid: number } | null
}

/** With the grace of 10 s, the lock, and 5 s for cutting it short, well below 30 s. */
const fastMs = 10_000
/** How long a holder may take until it says what becomes of the database; a new hub needs a second. */
const decisionMs = 5000
const pollMs = 200

if (import.meta.main) {
  const [, , serverText, graceText] = process.argv
  if (serverText === undefined) throw new Error('stop-abandoned-server is run by the hub’s watchdog')
  if (graceText !== undefined) await hubDiedFor(Number(graceText))
  // oxlint-disable-next-line node/no-process-env -- a program of its own; the watchdog gave it this environment
  await stopAbandonedServer(JSON.parse(serverText) as AbandonedServer, process.env)
}

/** Stops the server unless somebody alive has taken it over. */
export async function stopAbandonedServer(server: AbandonedServer, env: NodeJS.ProcessEnv): Promise<void> {
  const stop = () =>
    stopServer({ user: server.user, env: toolEnvironment(env), pgCtl: server.pgCtl, dataFolder: server.dataFolder, fastMs })
  const deadlineMs = performance.now() + decisionMs
  for (;;) {
    const attempt = await tryFolderLock(server.lockFile, 'database-stop', null)
    if (attempt.outcome === 'taken') {
      try {
        return void (await stop())
      } finally {
        attempt.lock.release()
      }
    }
    const { database } = attempt.holder
    // A hub with a database elsewhere (DATABASE_URL): it leaves this one alone, so nobody but us would ever stop it.
    if (database === 'none') return void (await stop())
    // Adopted: its new hub has a watchdog of its own.
    if (database === 'watched' || performance.now() > deadlineMs) return
    // Somebody who is about to adopt it, or who dies before that.
    await delay(pollMs)
  }
}

/** Where there is no shell to wait in (Windows): until the pipe from the hub ends, and the grace after that. */
async function hubDiedFor(graceMs: number): Promise<void> {
  let said = ''
  for await (const chunk of process.stdin) said += String(chunk)
  if (said.includes('dismissed')) process.exit(0)
  if (!said.includes('now')) await delay(graceMs)
}
