import type { SessionScratch } from '@holdfast/engine/vault'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { scratchPath } from './known-files.ts'
import type { RunContext } from './run-context.ts'

/** Where a backup puts what would take memory for each blob: beside its catalogue. Where nothing can be put there it goes on, and its log says so. */
export const sessionScratch = (context: Pick<RunContext, 'log'>, cataloguePath: string): SessionScratch => ({
  path: scratchPath(cataloguePath),
  onUnwritable: (error) =>
    context.log(
      'scratch.unwritable',
      `Nothing more can be put into the agent’s state folder (${systemErrorCode(error) ?? 'no reason was given'}), so this backup keeps in memory what it knows of each piece of content, some 55 bytes each. Free space there, or let the agent write there.`,
      'warn',
    ),
})
