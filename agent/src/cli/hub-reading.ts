import type { Reading } from './reading-commands.ts'

/** Reads snapshots through the hub that this device belongs to. Each is loaded when it is asked for: starting fast is a feature. */
export const hubReading: Reading = {
  snapshots: async (context, args) => (await import('./snapshots-command.ts')).snapshotsCommand(context, args),
  ls: async (context, args) => (await import('./ls-command.ts')).lsCommand(context, args),
  restore: async (context, args) => (await import('./restore-command.ts')).restoreCommand(context, args),
  verify: async (context, args) => (await import('./verify-command.ts')).verifyCommand(context, args),
}
