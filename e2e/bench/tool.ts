import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandFigures } from './measure-command.ts'
import type { Step } from './figures.ts'

/** One contender. */
export interface Tool {
  readonly name: string
  readonly version: string
  /** In this order; a floor has fewer. */
  readonly steps: readonly Step[]
  /** Makes an empty store in a folder of the tool's own. */
  begin(folder: string, signal: AbortSignal): Promise<ToolRound>
}

/** A tool with one store, from its first backup to its removal. */
export interface ToolRound {
  backUp(source: string, signal: AbortSignal): Promise<CommandFigures>
  /** Restores the newest snapshot. */
  restore(source: string, target: string, signal: AbortSignal): Promise<CommandFigures>
  /** Where a restore to `target` has put `source`. */
  restoredPath(source: string, target: string): string
  /** Null for what keeps no store. */
  storedBytes(): number | null
  /** Reads and verifies all that is stored. @throws Error when anything is missing or damaged */
  check(signal: AbortSignal): Promise<void>
  end(): Promise<void>
}

/** Sum of file sizes below a folder. */
export const bytesBelow = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
