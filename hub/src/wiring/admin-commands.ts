import { AppError } from '@holdfast/shared-types'
import type { AuditedAction, AuditTrail } from '../platform/audit/audit-trail.ts'
import type { Database } from '../platform/database/database.ts'
import type { DiskSpace } from '../platform/disk-space/disk-space.ts'
import type { AdminCommand, Feature } from '../platform/http/define-feature.ts'
import { parsePart } from '../platform/http/request-invalid.ts'

/** @throws AppError `internal` when two features have a command of one name */
export function adminCommandsOf(features: readonly Feature[]): ReadonlyMap<string, AdminCommand> {
  const commands = new Map<string, AdminCommand>()
  for (const [name, command] of features.flatMap((feature) => Object.entries(feature.adminCommands ?? {}))) {
    if (commands.has(name)) throw new AppError('internal', { message: `Two features have a command ${name}.` })
    commands.set(name, command)
  }
  return commands
}

/** @throws AppError `command.invalid`, `request.invalid`, or what the command throws */
export async function runAdminCommand(
  commands: ReadonlyMap<string, AdminCommand>,
  { database, diskSpace, audit }: { readonly database: Database; readonly diskSpace: DiskSpace; readonly audit: AuditTrail },
  { name, input }: { readonly name: string; readonly input: unknown },
): Promise<unknown> {
  const command = commands.get(name)
  if (command === undefined) throw new AppError('command.invalid', { message: `There is no command ${name}.` })
  const checked = parsePart('body', command.input, input)
  const work = () => command.run(checked, database.em())
  if (command.isLooking === true) return work()
  await diskSpace.makeWay()
  return audit.around(commandAction(name), work)
}

const commandAction = (name: string): AuditedAction => ({
  actor: { kind: 'command-line', id: null, name: null, viaTokenId: null },
  action: `command:${name}`,
  object: null,
  address: null,
  requestId: null,
})
