import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** libfaketime of Debian's package `faketime`; null where it is not installed. */
function findLibrary(): string | null {
  const roots = existsSync('/usr/lib') ? readdirSync('/usr/lib') : []
  return roots.map((root) => `/usr/lib/${root}/faketime/libfaketime.so.1`).find((path) => existsSync(path)) ?? null
}

/** The clock of one program, which a test can move while it runs. Clocks that only measure (monotonic) and times of files stay as they are. */
export interface MovableClock {
  /** Under which the program has to be started. */
  readonly env: NodeJS.ProcessEnv
  /** From the next second on the program sees its wall clock this far off. */
  moveBy(seconds: number): void
}

/** @returns null where clocks cannot be moved: `faketime` is not installed */
export function makeMovableClock(folder: string, name: string): MovableClock | null {
  const library = findLibrary()
  if (library === null) return null
  const file = join(folder, `${name}.clock`)
  const moveBy = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  moveBy(0)
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  }
  return { env, moveBy }
}
