import type { CliContext } from './cli-context.ts'
import { withAdmin } from './with-admin.ts'

export async function signInLinkCommand(context: CliContext): Promise<void> {
  const link = await withAdmin(context, (admin) => admin['sign-in-link']({}))
  context.answer(link, [`Sign in: ${link.url}`])
}
