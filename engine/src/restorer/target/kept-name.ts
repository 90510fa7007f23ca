import type { TargetFolder } from '../../source/index.ts'

const longestNameBytes = 255
const longestExtensionBytes = 16
const dot = 0x2e

/**
 * A free name for what has to make room and is to be kept: `report (before restore 2026-11-21 12.00.00).pdf`, with a number where
 * that is taken. What was restored gets the name, so that whatever points to it finds it.
 *
 * @param at when the restore began; people read it, so it is by this machine's own clock and zone.
 */
export function keptName(folder: TargetFolder, name: Uint8Array, at: Date): Buffer {
  const { stem, extension } = splitName(Buffer.from(name))
  for (let number = 1; ; number++) {
    const note = Buffer.from(` (before restore ${stamp(at)}${number === 1 ? '' : ` ${number}`})`)
    const room = longestNameBytes - note.length - extension.length
    const candidate = Buffer.concat([cut(stem, room), note, extension])
    if (folder.lookAt(candidate) === null) return candidate
  }
}

function splitName(name: Buffer): { readonly stem: Buffer; readonly extension: Buffer } {
  const at = name.lastIndexOf(dot)
  const isExtension = at > 0 && name.length - at <= longestExtensionBytes
  return isExtension ? { stem: name.subarray(0, at), extension: name.subarray(at) } : { stem: name, extension: Buffer.alloc(0) }
}

/** Never within a letter of more than one byte. */
function cut(stem: Buffer, room: number): Buffer {
  let end = Math.min(stem.length, room)
  while (end > 0 && end < stem.length && (stem[end]! & 0xc0) === 0x80) end--
  return stem.subarray(0, end)
}

function stamp(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  // No colons: not every file system takes them.
  return `${day} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`
}
