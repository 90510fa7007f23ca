import { existsSync, closeSync, openSync, rmSync } from 'node:fs'
import net from 'node:net'
import { basename, dirname } from 'node:path'

/*
 * How a process in another pid namespace (a second container on the same volume) is known to live, although its number means nothing
 * here: it listens on a socket beside the lock from before the lock is its own. The kernel itself takes connections for a process
 * that is busy or paused, and refuses them from the moment it is dead: no clock, no heartbeat, nothing that a stopped container misses.
 *
 * Hub and agent have this file each, byte for byte: the hub's must load without any package, for the program that stops an abandoned database.
 */

export interface LockWitness {
  /** Ends it, as the death of the process would. */
  close(): void
}

const witnessFile = (lockFile: string, token: string): string => `${lockFile}.live-${token.slice(0, 16)}`
export const isWitnessOf = (lockFile: string, name: string): boolean => name.startsWith(`${basename(lockFile)}.live-`)

/** @returns null where the system has no pid namespaces, or the folder's file system no sockets: whoever asks goes by something else there. */
export async function openWitness(lockFile: string, token: string): Promise<LockWitness | null> {
  if (process.platform !== 'linux') return null
  // Nobody has anything to say here: connecting was the answer.
  const server = net.createServer((socket) => socket.destroy())
  try {
    await atShortPath(
      witnessFile(lockFile, token),
      (short) => new Promise<void>((resolve, reject) => server.once('error', reject).listen(short, resolve)),
    )
  } catch {
    return null // stated above
  }
  server.unref()
  return {
    close() {
      server.close()
      removeWitness(lockFile, token)
    },
  }
}

/** Of a holder that is dead. */
export const removeWitness = (lockFile: string, token: string): void => rmSync(witnessFile(lockFile, token), { force: true })

/** Whether the holder with this token lives; false also where it left no witness. */
export async function isWitnessed(lockFile: string, token: string): Promise<boolean> {
  // Where no socket can be made, as in some containers, the holder has made none either.
  if (!existsSync(witnessFile(lockFile, token))) return false
  const outcome = await atShortPath(witnessFile(lockFile, token), connectTo)
  // Anything but these (a full backlog, a missing right) is no proof of a death.
  return outcome !== 'ENOENT' && outcome !== 'ECONNREFUSED'
}

/** @returns `connected`, or the code of what stood in the way. */
export const connectTo = (socketPath: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = net.connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
  })

/** sun_path of unix(7) has 108 bytes; a folder that we hold open has a short name whatever its own. */
const longestPathBytes = 100

async function atShortPath<T>(file: string, work: (socketPath: string) => Promise<T>): Promise<T> {
  if (process.platform !== 'linux' || Buffer.byteLength(file) <= longestPathBytes) return work(file)
  const folder = openSync(dirname(file), 'r')
  try {
    return await work(`/proc/self/fd/${folder}/${basename(file)}`)
  } finally {
    closeSync(folder)
  }
}
