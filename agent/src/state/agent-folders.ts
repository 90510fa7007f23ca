import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@holdfast/shared-types'

/** Everything the agent keeps between its lives; all below one folder of mode 0700. */
export interface AgentFolders {
  readonly home: string
  readonly identityFile: string
  /** Which private vault it was let into; there is none where the vault is managed. */
  readonly vaultPinFile: string
  readonly keysFolder: string
  readonly catalogueFolder: string
  readonly outboxFolder: string
  /** Which sealed choices of restores were used by which run. */
  readonly selectionsFile: string
  readonly lockFile: string
  /** Facts about the process that holds the lock: what `status` shows. */
  readonly runningFile: string
  /** What `holdfast run` logs; made by whoever writes it. */
  readonly logFile: string
  /** What the hub of a private vault may not hear of runs, a file for each; made by whoever writes there. */
  readonly runLogsFolder: string
}

export const agentFolders = (home: string): AgentFolders => ({
  home,
  identityFile: join(home, 'identity.json'),
  vaultPinFile: join(home, 'vault-pin.json'),
  keysFolder: join(home, 'keys'),
  catalogueFolder: join(home, 'catalogue'),
  outboxFolder: join(home, 'outbox'),
  selectionsFile: join(home, 'used-selections.json'),
  lockFile: join(home, 'lock'),
  runningFile: join(home, 'agent.json'),
  logFile: join(home, 'logs', 'agent.log'),
  runLogsFolder: join(home, 'logs', 'runs'),
})

/** Makes the state folder and those inside it, readable by the owner only. @throws AppError `settings.invalid` when it cannot be made. */
export function makeAgentFolders(folders: AgentFolders): void {
  try {
    for (const folder of [folders.home, folders.keysFolder, folders.catalogueFolder, folders.outboxFolder]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // An existing folder keeps its mode in mkdir: keys lie here, so it is set, not assumed.
      chmodSync(folder, 0o700)
    }
  } catch (error) {
    throw new AppError('settings.invalid', {
      message: `The agent's state folder ${folders.home} cannot be written.`,
      cure: 'Set HOLDFAST_AGENT_HOME to a folder this user may write to.',
      cause: error,
    })
  }
}
