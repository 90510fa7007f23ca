import { readFileSync } from 'node:fs'
import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'
import { AppError, backupExclusions, exclusionPatternProblem, leanExclusions, type BackupExclusions } from '@holdfast/shared-types'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { presetsOf, thisMachine } from '../presets/index.ts'

/** What a command line says about leaving out. */
export interface ExcludeArguments {
  readonly patterns: readonly string[]
  readonly files: readonly string[]
  readonly presets: readonly string[]
  readonly caches: boolean
  readonly oneFileSystem: boolean
}

/**
 * Patterns of files come first, in their order, those of the command line after them: what was typed last has the last word.
 *
 * @throws AppError `command.invalid` naming the pattern, or the file and line; `request.invalid` for a preset that is none here
 */
export function readExclusions({ patterns, files, presets, caches, oneFileSystem }: ExcludeArguments): BackupExclusions {
  presetsOf(presets, thisMachine())
  const typed = patterns.map((pattern) => usable(pattern, '--exclude'))
  const exclude = [...files.flatMap(readPatternFile), ...typed]
  const problem = backupExclusions.exclude.safeParse(exclude).error?.issues[0]
  if (problem !== undefined)
    throw new AppError('command.invalid', {
      message: `These are too many patterns: ${exclude.length}.`,
      cure: 'At most 2,000 of them, 200,000 letters in all, go with one backup; join several by wildcards.',
    })
  return leanExclusions({ exclude, presets: [...presets], excludeCaches: caches, oneFileSystem })
}

/** Lines of gitignore: comments and empty lines are passed over, a mark of byte order and the ends of Windows lines too. */
function readPatternFile(file: string): string[] {
  const lines = readText(file)
    .replace(/^\u{feff}/u, '')
    .split('\n')
  return lines.flatMap((line, index) => {
    const pattern = line.replace(/\r$/, '')
    return pattern.trim() === '' || pattern.startsWith('#') ? [] : [usable(pattern, `${file}, line ${index + 1}`)]
  })
}

function readText(file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new AppError('command.invalid', {
      message: `The file of exclusions ${file} cannot be read (${systemErrorCode(error) ?? 'unknown reason'}).`,
      cure: 'Check its path and its permissions.',
      cause: error,
    })
  }
  if (isValidUtf8(bytes)) return decodeUtf8Lossy(bytes)
  throw new AppError('command.invalid', {
    message: `${file}, line ${lineOfBrokenText(bytes)}: it is not UTF-8.`,
    cure: 'Save the file as UTF-8; “?” in a pattern stands for one byte of a name that is not.',
  })
}

function lineOfBrokenText(bytes: Buffer): number {
  let line = 1
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(0x0a, start)
    if (end === -1 || !isValidUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
}

/** A pattern, where it can exclude something. @param where it was given. */
function usable(pattern: string, where: string): string {
  const problem = pattern.length > 4096 ? 'it is longer than 4,096 letters' : exclusionPatternProblem(pattern)
  if (problem === null) return pattern
  throw new AppError('command.invalid', {
    message: `${where}: the pattern “${pattern.slice(0, 200)}” cannot be used: ${problem}.`,
    cure: 'Patterns are those of .gitignore; docs/exclusions.md shows them.',
  })
}
