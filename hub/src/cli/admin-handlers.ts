import type { z } from 'zod'
import { adminOperations, HubStatus, type AdminHandlers } from '../admin-socket/admin-operations.ts'
import type { HubConfig } from '../config/config-schema.ts'
import type { Hub } from '../hub.ts'

/** The part of the status that the features know. */
const FeatureStatus = HubStatus.pick({ version: true, firstRun: true, vaultsWithoutRecoveryKey: true })

/**
 * What an administrator may ask, answered by this very hub: behind the admin socket of a running one, or for a command that opened
 * one for its own duration.
 *
 * @param stop what a running hub does when it is asked to stop.
 */
export function adminHandlers(hub: Hub, config: HubConfig, stop: () => void): AdminHandlers {
  const startedAtMs = Date.now()
  // Features answer loosely typed; the contract is what the caller gets.
  const run = async <O extends z.ZodType>(output: O, command: string, input: object): Promise<z.output<O>> =>
    output.parse(await hub.admin(command, input))
  return {
    async status() {
      const { version, firstRun, vaultsWithoutRecoveryKey } = await run(FeatureStatus, 'status', {})
      const database = config.databaseUrl === null ? 'embedded' : 'external'
      return { pid: process.pid, hubId: hub.hubId, url: hub.origin, startedAtMs, version, database, firstRun, vaultsWithoutRecoveryKey }
    },
    async stop() {
      await hub.admin('hub.stop', {})
      stop()
      return { pid: process.pid }
    },
    'enrol-token': (input) => run(adminOperations['enrol-token'].output, 'enrol-token.create', input),
    'sign-in-link': (input) => run(adminOperations['sign-in-link'].output, 'sign-in-link.create', input),
    token: (input) => run(adminOperations.token.output, 'token.create', input),
    'device-revoke': (input) => run(adminOperations['device-revoke'].output, 'device.revoke', input),
    gc: (input) => run(adminOperations.gc.output, 'gc', input),
    'vault-key-make': (input) => run(adminOperations['vault-key-make'].output, 'vault-key.make', input),
    'vault-key-add': (input) => run(adminOperations['vault-key-add'].output, 'vault-key.add', input),
    'purge-preview': (input) => run(adminOperations['purge-preview'].output, 'purge.preview', input),
    purge: (input) => run(adminOperations.purge.output, 'purge', input),
    'purge-list': (input) => run(adminOperations['purge-list'].output, 'purge.list', input),
    'vault-take-on': (input) => run(adminOperations['vault-take-on'].output, 'vault.create', input),
    'vault-key-objects': (input) => run(adminOperations['vault-key-objects'].output, 'vault.key-objects', input),
    'vault-slot-add': (input) => run(adminOperations['vault-slot-add'].output, 'vault.slot-add', input),
    'vault-slot-remove': (input) => run(adminOperations['vault-slot-remove'].output, 'vault.slot-remove', input),
    'vault-approve': (input) => run(adminOperations['vault-approve'].output, 'vault.approve', input),
    retention: (input) => run(adminOperations.retention.output, 'retention', input),
    'self-backup': (input) => run(adminOperations['self-backup'].output, 'self-backup.make', input),
    'self-backup-list': (input) => run(adminOperations['self-backup-list'].output, 'self-backup.list', input),
    fsck: ({ vaultId, deep }) => run(adminOperations.fsck.output, 'fsck', { vaultId, readData: deep }),
  }
}
