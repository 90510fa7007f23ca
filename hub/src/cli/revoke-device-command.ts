import type { CliContext } from './cli-context.ts'
import { withAdmin } from './with-admin.ts'

export async function revokeDeviceCommand(context: CliContext, device: string): Promise<void> {
  const revoked = await withAdmin(context, (admin) => admin['device-revoke']({ device }))
  context.answer(revoked, [`${revoked.name} (${revoked.id}) is cut off for good. Its snapshots stay.`])
}
