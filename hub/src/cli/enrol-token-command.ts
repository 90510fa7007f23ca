import type { CliContext } from './cli-context.ts'
import { withAdmin } from './with-admin.ts'

export async function createEnrolTokenCommand(
  context: CliContext,
  options: { readonly name?: string; readonly vault: string | null },
): Promise<void> {
  const token = await withAdmin(context, (admin) => admin['enrol-token'](options))
  context.answer(token, [
    `Run this on the new device, once, before ${new Date(token.expiresAtMs).toLocaleString()}:`,
    '',
    `  ${token.command}`,
  ])
}
