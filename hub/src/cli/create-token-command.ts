import { AppError, TokenScope, tokenScopes } from '@holdfast/shared-types'
import type { CliContext } from './cli-context.ts'
import { withAdmin } from './with-admin.ts'

export interface CreateTokenOptions {
  readonly email: string
  readonly name: string
  readonly scope: string
  /** A number of days, or `never`. */
  readonly expires: string
}

export async function createTokenCommand(context: CliContext, options: CreateTokenOptions): Promise<void> {
  const { email, name } = options
  const input = { email, name, scope: parseScope(options.scope), expiresInDays: parseDays(options.expires) }
  const made = await withAdmin(context, (admin) => admin.token(input))
  context.answer(made, [
    `Token of ${made.apiToken.ownerName} with the scope ${made.apiToken.scope}; it is shown now and never again:`,
    '',
    `  ${made.token}`,
  ])
}

function parseScope(text: string): TokenScope {
  const scope = TokenScope.safeParse(text)
  if (scope.success) return scope.data
  throw new AppError('command.invalid', { message: `There is no scope ${text}.`, cure: `Choose one of: ${tokenScopes.join(', ')}.` })
}

function parseDays(text: string): number | null {
  if (text === 'never') return null
  const days = Number(text)
  if (/^\d{1,4}$/.test(text) && days >= 1 && days <= 3650) return days
  throw new AppError('command.invalid', { message: `${text} is no number of days.`, cure: 'Give 1 to 3650, or never.' })
}
