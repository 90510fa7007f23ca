import { spawn } from 'node:child_process'
import type { FolderOwner } from '../../lifecycle/private-folder.ts'

export interface ToolOptions {
  /** Runs as this user; null for the hub's own. */
  readonly user: FolderOwner | null
  readonly env: NodeJS.ProcessEnv
  /** Gives up after this long, in milliseconds; the tool is killed. */
  readonly timeoutMs?: number
}

export interface ToolResult {
  /** Null when the tool was killed or could not be run. */
  readonly exitCode: number | null
  /** What it printed, both streams, at most the last 16 KiB. */
  readonly output: string
}

const outputLimitBytes = 16_384

/**
 * What Postgres and its tools get of the hub's environment: nothing secret, because the database's user can read it, and no
 * setting that would change what they do (PGDATA, LC_ALL).
 */
export function toolEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'SYSTEMROOT', 'ComSpec', 'PATHEXT']
  const entries = kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))
  return { ...Object.fromEntries(entries), LC_ALL: 'C' }
}

/** Runs one of Postgres's programs to its end. Never rejects: a program that cannot be run is a result without an exit code. */
export function runTool(file: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
      env: options.env,
      // Its own session: a Ctrl-C in the hub's terminal must not reach the database.
      detached: process.platform !== 'win32',
      // The hub's folder may be out of the user's reach.
      ...(process.platform === 'win32' ? {} : { cwd: '/' }),
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
    })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-outputLimitBytes)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => resolve({ exitCode: null, output: error.message }))
    // Not 'close': should a server started by the tool keep the pipe open, the tool has still ended.
    child.once('exit', (exitCode) => setTimeout(() => resolve({ exitCode, output: output.trim() }), drainMs))
  })
}

/** What the tool wrote last may still be in the pipe when its end is told. */
const drainMs = 5
