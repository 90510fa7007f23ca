import { readSync } from 'node:fs'
import { damaged } from './catalogue-layout.ts'

/** Fills it. @throws EngineError `catalogue.damaged` where the file ends before; the system's error. */
export function readInto(fd: number, into: Uint8Array, offset: number): void {
  for (let done = 0; done < into.length;) {
    const count = readSync(fd, into, done, into.length - done, offset + done)
    if (count === 0) throw damaged('it is cut short')
    done += count
  }
}

/** @throws EngineError `catalogue.damaged` where the file ends before; the system's error. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  readInto(fd, bytes, offset)
  return bytes
}
