import type { CliContext } from './cli-context.ts'
import { withAdmin } from './with-admin.ts'

export async function signInLinkCommand(context: CliContext, options: { readonly email?: string }): Promise<void> {
  const link = await withAdmin(context, (admin) => admin['sign-in-link'](options))
  context.answer(link, [`Sign in: ${link.url}`])
}
