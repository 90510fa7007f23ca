import { readPostmasterFile, isPostmasterOf } from './postmaster-pid.ts'
import { runTool, type ToolOptions } from './run-tool.ts'

export interface StopServerOptions extends ToolOptions {
  readonly pgCtl: string
  readonly dataFolder: string
  /** For an orderly shutdown (clients are disconnected, a checkpoint is written), in milliseconds. */
  readonly fastMs: number
}

/** For a shutdown without a checkpoint: it only has to end its processes. */
const immediateMs = 5000

/**
 * Stops the server and waits until it is gone. When the orderly way takes too long it is cut short, which loses nothing that was
 * committed and costs the next start a recovery.
 *
 * @returns false when the server is still there.
 */
export async function stopServer(options: StopServerOptions): Promise<boolean> {
  if (!isServerThere(options.dataFolder)) return true
  const { exitCode } = await stop(options, 'fast', options.fastMs)
  if (exitCode === 0 || !isServerThere(options.dataFolder)) return true
  await stop(options, 'immediate', immediateMs)
  return !isServerThere(options.dataFolder)
}

const stop = (options: StopServerOptions, mode: 'fast' | 'immediate', timeoutMs: number) =>
  runTool(
    options.pgCtl,
    ['stop', '-D', options.dataFolder, '-m', mode, '-w', '-t', String(Math.max(1, Math.ceil(timeoutMs / 1000))), '-s'],
    options,
  )

/** True while this cluster's server lives. */
export function isServerThere(dataFolder: string): boolean {
  const running = readPostmasterFile(dataFolder)
  return running !== null && isPostmasterOf(dataFolder, running.pid)
}
