import type { Reading } from './reading-commands.ts'
import type { RescueAddress } from './with-rescued-vault.ts'

/** Reads snapshots from a vault by itself. Each is loaded when it is asked for. */
export const rescueReading = (address: RescueAddress): Reading => ({
  snapshots: async (context, args) => (await import('./rescue-snapshots-command.ts')).rescueSnapshotsCommand(context, address, args),
  ls: async (context, args) => (await import('./rescue-ls-command.ts')).rescueLsCommand(context, address, args),
  restore: async (context, args) => (await import('./rescue-restore-command.ts')).rescueRestoreCommand(context, address, args),
  verify: async (context, args) => (await import('./rescue-verify-command.ts')).rescueVerifyCommand(context, address, args),
})
