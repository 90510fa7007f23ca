import { loadNative } from './native.ts'
import type { AttributeTarget, NativeCalls } from './native.ts'
import { toSourceFailure } from './source-failure.ts'
import { systemCode } from './system-call-error.ts'

/** On Linux also where ACLs and capabilities are (`system.posix_acl_access`, `security.capability`). */
export interface ExtendedAttribute {
  readonly name: Uint8Array
  readonly value: Uint8Array
}

// Values and lists of names are at most 64 KiB on Linux (xattr(7)); other systems may need more and are asked how much.
const scratchBytes = 64 * 1024
let scratch: Buffer | undefined

/**
 * All extended attributes, ascending by the bytes of their names; none where the system or the file system knows none, or
 * without the native door. 2.1 µs of CPU where there are none (tmpfs, 2026-11-21).
 *
 * @param target a path, whose last component is not followed, or an open file.
 * @throws EngineError `source.*`
 */
export function readAttributes(target: AttributeTarget): ExtendedAttribute[] {
  const native = loadNative()
  if (native === null) return []
  try {
    return readNames(native, target).flatMap((name) => {
      const value = readValue(native, target, name)
      return value === null ? [] : [{ name, value }]
    })
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EOPNOTSUPP' || code === 'ENOTSUP' || code === 'ENOSYS') return []
    throw toSourceFailure(error)
  }
}

/** Does nothing without the native door, which `nativeProblem` tells. @throws an error with the system's `code` */
export function setAttribute(target: AttributeTarget, { name, value }: ExtendedAttribute): void {
  loadNative()?.setAttribute(target, name, value)
}

function readNames(native: NativeCalls, target: AttributeTarget): Uint8Array[] {
  const list = readGrowing((into) => native.listAttributes(target, into))
  const names: Uint8Array[] = []
  for (let start = 0; start < list.length;) {
    const end = list.indexOf(0, start)
    names.push(list.subarray(start, end))
    start = end + 1
  }
  return names.sort((left, right) => Buffer.compare(left, right))
}

/** Null if it was removed since it was listed. */
function readValue(native: NativeCalls, target: AttributeTarget, name: Uint8Array): Uint8Array | null {
  try {
    return readGrowing((into) => native.getAttribute(target, name, into))
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENODATA' || code === 'ENOATTR') return null
    throw error
  }
}

/** What a call of the xattr family writes, as a copy; with a larger buffer where it does not fit. */
function readGrowing(call: (into: Uint8Array | null) => number): Uint8Array {
  scratch ??= Buffer.alloc(scratchBytes)
  for (let into = scratch; ; into = Buffer.alloc(2 * call(null))) {
    try {
      return new Uint8Array(into.subarray(0, call(into)))
    } catch (error) {
      if (systemCode(error) !== 'ERANGE') throw error
    }
  }
}
