import { constants } from 'node:os'

const nameByNumber = new Map<number, string>()
// Linux has two names for EAGAIN and EOPNOTSUPP; the first in the list is the one Node uses.
for (const [name, number] of Object.entries(constants.errno)) if (!nameByNumber.has(number)) nameByNumber.set(number, name)

/** A failed system call of ours, with the `code` that Node's own errors have (`ENOENT`). Names no path. */
export class SystemCallError extends Error {
  readonly code: string
  readonly errno: number
  readonly syscall: string

  /** @param errno the positive number of the C library. */
  constructor(syscall: string, errno: number) {
    const code = nameByNumber.get(errno) ?? `errno-${errno}`
    super(`${code}: ${syscall} failed`)
    this.name = 'SystemCallError'
    this.code = code
    this.errno = errno
    this.syscall = syscall
  }
}

/** The system's code of a failed call (`ENOENT`), of Node's or ours; null for anything else. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
