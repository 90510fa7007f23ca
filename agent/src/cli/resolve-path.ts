import { readlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError, type WirePath } from '@holdfast/shared-types'
import { toWirePath } from '../runs/wire-path-bytes.ts'

const slash = 0x2f

/** An absolute path in bytes, without `.`, `..`, doubled or trailing slashes, from one that may be relative to `folder`. */
export function resolveBytes(folder: Uint8Array, path: Uint8Array): Buffer {
  const whole = path[0] === slash ? path : Buffer.concat([folder, Buffer.of(slash), path])
  const parts: Buffer[] = []
  for (const part of splitPath(whole)) {
    if (part.length === 0 || part.equals(Buffer.from('.'))) continue
    if (part.equals(Buffer.from('..'))) parts.pop()
    else parts.push(part)
  }
  return Buffer.concat(parts.length === 0 ? [Buffer.of(slash)] : parts.flatMap((part) => [Buffer.of(slash), part]))
}

function splitPath(path: Uint8Array): Buffer[] {
  const bytes = Buffer.from(path)
  const parts: Buffer[] = []
  let from = 0
  for (let at = bytes.indexOf(slash); at !== -1; at = bytes.indexOf(slash, from)) {
    parts.push(bytes.subarray(from, at))
    from = at + 1
  }
  parts.push(bytes.subarray(from))
  return parts
}

/** A path of this machine that a person typed, relative to where they are. @throws AppError `command.invalid` */
export function localPath(argument: string): WirePath {
  if (argument === '') throw new AppError('command.invalid', { message: 'A path is empty.', cure: 'Name a folder or file.' })
  if (process.platform === 'win32') return { path: resolve(argument) }
  return toWirePath(resolveBytes(workingFolder(), Buffer.from(argument, 'utf8')))
}

/** A path inside a snapshot: absolute, whatever folder the person is in. @throws AppError `command.invalid` */
export function snapshotPath(argument: string): WirePath {
  if (!argument.startsWith('/'))
    throw new AppError('command.invalid', {
      message: `“${argument}” is not a path in a snapshot.`,
      cure: 'Give it from the root on, like /etc/hosts; `holdfast ls SNAP` shows what there is.',
    })
  return toWirePath(resolveBytes(Buffer.from('/'), Buffer.from(argument, 'utf8')))
}

/** Raw bytes on Linux, where Node's own answer would lose those that are not UTF-8. */
function workingFolder(): Buffer {
  if (process.platform !== 'linux') return Buffer.from(process.cwd())
  try {
    return readlinkSync('/proc/self/cwd', 'buffer')
  } catch {
    // No /proc (a bare container): the text form is right for all but rare names.
    return Buffer.from(process.cwd())
  }
}
