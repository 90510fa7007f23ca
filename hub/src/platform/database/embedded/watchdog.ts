import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { toolEnvironment } from './run-tool.ts'
import type { AbandonedServer } from './stop-abandoned-server.ts'

/**
 * Stops the database when the hub was killed and no other hub took over.
 *
 * It holds the end of a pipe from the hub. The hub's death closes the pipe, whatever killed it; after a grace in which a new hub may
 * adopt the server, it runs `stop-abandoned-server.ts`, which takes the data folder's lock and so can never meet a living hub. It is
 * a shell that sleeps in read(2): 0.3 MiB, where an idle Node holds 20 to 44 MiB (measured, Linux x64, Node 24.21).
 */
export interface Watchdog {
  /** After an orderly stop: there is nothing left to watch. Waits until it is gone. */
  dismiss(): Promise<void>
  /** Before the hub gives up on an orderly stop: the database is stopped without the grace. */
  takeOverNow(): void
}

export interface WatchdogOptions {
  readonly server: AbandonedServer
  /** How long a new hub has to take over, in milliseconds. */
  readonly graceMs?: number
  readonly env: NodeJS.ProcessEnv
}

/** Grace plus an orderly shutdown stay below the 30 s within which nothing of a killed hub may be left. */
export const watchdogGraceMs = 10_000

// Signals meant for the hub's group or terminal must not end the watchdog before the hub. `dismissed` ends it; everything else,
// also the end of the pipe, means that the database has nobody.
const script = `
trap '' HUP INT TERM
while read -r word; do
  case "$word" in
    dismissed) exit 0 ;;
    now) exec "$@" ;;
  esac
done
sleep "$GRACE_SECONDS"
exec "$@"
`

export function startWatchdog(options: WatchdogOptions): Watchdog {
  const graceMs = options.graceMs ?? watchdogGraceMs
  const stopper = [process.execPath, ...stopperArguments(options.server)] as const
  const isWindows = process.platform === 'win32'
  const child = isWindows
    ? spawn(stopper[0], [...stopper.slice(1), String(graceMs)], watchdogSpawnOptions(options.env, graceMs))
    : spawn('/bin/sh', ['-c', script, 'database-watchdog', ...stopper], watchdogSpawnOptions(options.env, graceMs))
  // The hub lives for its own reasons; neither the process nor the pipe may keep it from ending.
  child.unref()
  ;(child.stdin as { unref?: () => void } | null)?.unref?.()
  child.stdin?.on('error', ignoreEndedWatchdog)
  child.once('error', ignoreEndedWatchdog)
  return { dismiss: () => dismiss(child), takeOverNow: () => void child.stdin?.write('now\n') }
}

const watchdogSpawnOptions = (env: NodeJS.ProcessEnv, graceMs: number) =>
  ({
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    windowsHide: true,
    ...(process.platform === 'win32' ? {} : { cwd: '/' }),
    env: { ...toolEnvironment(env), GRACE_SECONDS: String(graceMs / 1000) },
  }) satisfies Parameters<typeof spawn>[2]

function stopperArguments(server: AbandonedServer): string[] {
  // Beside this file, and built or not as this file is.
  const here = fileURLToPath(import.meta.url)
  return [path.join(path.dirname(here), `stop-abandoned-server${path.extname(here)}`), JSON.stringify(server)]
}

function dismiss(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve()
    child.ref()
    child.once('exit', () => resolve())
    child.stdin?.end('dismissed\n')
  })
}

/** Somebody ended the watchdog: the hub itself still stops the database. */
function ignoreEndedWatchdog(): void {}
