import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The clock of one program, which a test can move while it runs. */
export interface MovableClock {
  /** Under which the program has to be started. */
  readonly env: NodeJS.ProcessEnv
  /** A moment later the program sees its wall clock this far off. */
  moveBy(ms: number): void
}

export function makeMovableClock(folder: string, name: string): MovableClock {
  const file = join(folder, `${name}.clock`)
  const moveBy = (ms: number): void => writeFileSync(file, String(ms))
  moveBy(0)
  const preload = new URL('movable-clock.ts', import.meta.url).href
  return { env: { NODE_OPTIONS: `--import=${preload}`, HOLDFAST_TEST_CLOCK: file }, moveBy }
}
