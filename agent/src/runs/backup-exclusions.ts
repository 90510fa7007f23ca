import type { Exclusions } from '@holdfast/engine/walker'
import type { BackupExclusions } from '@holdfast/shared-types'

/**
 * What a backup is to leave out, as the engine takes it; null for nothing. Presets come first, so that a line of the request may take back
 * what one of them excludes.
 *
 * @throws AppError `request.invalid` for a preset that this system has not.
 */
export async function backupExclusions({
  exclude = [],
  presets = [],
  oneFileSystem,
  excludeCaches,
}: BackupExclusions): Promise<Exclusions | null> {
  const ofPresets = presets.length === 0 ? { patterns: [], absolutePatterns: [] } : await patternsOf(presets)
  const patterns = [...ofPresets.patterns, ...exclude]
  const { absolutePatterns } = ofPresets
  const otherFileSystems = oneFileSystem === true
  const cacheContents = excludeCaches === true
  if (patterns.length === 0 && absolutePatterns.length === 0 && !otherFileSystems && !cacheContents) return null
  return { patterns: patterns.map(bytesOf), absolutePatterns: absolutePatterns.map(bytesOf), cacheContents, otherFileSystems }
}

/** Loaded only here: presets bring the contracts along, and most backups name none. */
async function patternsOf(presets: readonly string[]): Promise<{ patterns: readonly string[]; absolutePatterns: readonly string[] }> {
  const { presetPatterns, thisMachine } = await import('../presets/index.ts')
  return presetPatterns(presets, thisMachine())
}

const bytesOf = (pattern: string): Uint8Array => Buffer.from(pattern, 'utf8')
