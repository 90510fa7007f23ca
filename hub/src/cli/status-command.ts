import type { CliContext } from './cli-context.ts'
import { requireRunningHub } from './with-admin.ts'

export async function statusCommand(context: CliContext): Promise<void> {
  const { admin } = await requireRunningHub(context)
  const status = await admin.status({})
  context.answer(status, [
    `Holdfast hub at ${status.url}`,
    `Process ${status.pid}, since ${new Date(status.startedAtMs).toLocaleString()}, ${status.database} database`,
  ])
}
