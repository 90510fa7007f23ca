import { AppError, errorFacts, toWireError } from '@holdfast/shared-types'
import { CommanderError } from 'commander'
import { toAppError } from '../errors/to-app-error.ts'
import { createProgram, type ProgramEnds } from './create-program.ts'
import { escapeText } from './escape-name.ts'
import type { Terminal } from './terminal.ts'

const usageStatus = 2

/** Runs one command line; the edge where errors become text, JSON and an exit status. @param argv as of the process. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const ends: ProgramEnds = { status: 0 }
  const isJson = argv.includes('--json')
  try {
    await createProgram(terminal, ends).parseAsync(argv)
    return ends.status
  } catch (error) {
    if (error instanceof CommanderError) return usageEnd(error, terminal, isJson)
    const known = toAppError(error)
    tell(known, terminal, isJson)
    return errorFacts(known.code).exit
  }
}

/** Help and version end well; anything else was told by commander in words, and is told in JSON here. */
function usageEnd(error: CommanderError, terminal: Terminal, isJson: boolean): number {
  if (error.exitCode === 0) return 0
  const message = error.message.replace(/^error: /, '')
  if (isJson) terminal.out(`${JSON.stringify({ error: toWireError(new AppError('command.invalid', { message })) }, null, 2)}\n`)
  return usageStatus
}

function tell(error: AppError, terminal: Terminal, isJson: boolean): void {
  if (isJson) terminal.out(`${JSON.stringify({ error: toWireError(error) }, null, 2)}\n`)
  else terminal.err(`${terminal.paint.bad('Error:')} ${escapeText(error.message)}\n${escapeText(error.cure)}\n`)
  if (error.code === 'internal' && error.cause instanceof Error) terminal.err(`${error.cause.stack ?? error.cause.message}\n`)
}
