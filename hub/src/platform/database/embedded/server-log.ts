import { closeSync, constants, fstatSync, openSync, readSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { ClusterLayout } from './cluster-layout.ts'

/** How far the server's logs reached at one moment: file → bytes. */
export type LogPosition = ReadonlyMap<string, number>

export function positionOfLogs(layout: ClusterLayout): LogPosition {
  return new Map(logFiles(layout).map((file) => [file, withLog(file, (descriptor) => fstatSync(descriptor).size) ?? 0]))
}

/** What the server said since, at most 8 KiB of each file. It begins in the startup log and goes on in the one of the day. */
export function saidSince(layout: ClusterLayout, position: LogPosition): string {
  const read = (file: string) => {
    const buffer = Buffer.alloc(8192)
    return withLog(file, (descriptor) =>
      buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, position.get(file) ?? 0)),
    )
  }
  return logFiles(layout)
    .map((file) => read(file) ?? '')
    .join('')
}

function logFiles(layout: ClusterLayout): string[] {
  let names: string[]
  try {
    names = readdirSync(layout.logFolder).sort()
  } catch {
    names = [] // it never got as far as its own log
  }
  return [layout.startupLog, ...names.map((name) => path.join(layout.logFolder, name))]
}

/** The files belong to the database's user, who may not make root read another one: symlinks are not followed. */
function withLog<T>(file: string, work: (descriptor: number) => T): T | null {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch {
    return null // not written yet
  }
  try {
    return work(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
