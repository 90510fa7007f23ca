import { fstatSync, writeFileSync } from 'node:fs'
import { isatty } from 'node:tty'

/* What becomes of a command's output. Hub and agent have this file each, byte for byte. */

/** Waits until what was written is where it goes. @returns the exit status: never 0 where some of it was lost, which stderr is told. */
export type OutputEnd = (status: number) => Promise<number>

/** A full disk behind a redirected stream, or a reader that went away, ends no command: the one is told at its end, the other never. */
export function watchOutput({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): OutputEnd {
  const isKept = !isatty(stdout.fd)
  let loss: string | null = null
  stdout.on('error', (error) => {
    const code = 'code' in error ? String(error.code) : error.message
    // `| head -1`: whoever reads has what they want.
    if (isKept && code !== 'EPIPE') loss ??= code
  })
  stderr.on('error', () => undefined)
  if (fstatSync(stdout.fd).isFile()) writeWhole(stdout)
  return async (status) => {
    // Errors are told after the write that they are of, and before the next turn of the loop.
    await new Promise<void>((resolve) => stdout.write('', () => setImmediate(resolve)))
    if (loss === null) return status
    stderr.write(`Error: The output was cut short, for it could not all be written (${loss}). What else the command did is done.\n`)
    return status === 0 ? 1 : status
  }
}

/** Of a file Node takes one write for the whole, also where a disk that became full took a part of it. */
function writeWhole(stdout: NodeJS.WriteStream & { readonly fd: number }): void {
  stdout._write = (chunk: Uint8Array, _encoding, done) => {
    try {
      writeFileSync(stdout.fd, chunk)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    done()
  }
}
