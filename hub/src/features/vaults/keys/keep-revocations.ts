import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { AgentsDoor, RevokedAgent } from '../doors/doors.ts'

export interface RevocationsDeps {
  readonly database: Database
  readonly log: Logger
  readonly vaults: OpenVaults
  readonly agents: Pick<AgentsDoor, 'listRevoked'>
}

/** After a store that did not take it. */
const againMs = 60_000

/**
 * Writes into the vaults who was cut off: whoever makes the database again from them must not let such a device in. A revocation holds from its commit on, whatever the
 * store says; what it does not take now is tried again, and by every start.
 */
export class Revocations {
  readonly #deps: RevocationsDeps
  #timer: NodeJS.Timeout | null = null
  #underWay: Promise<void> = Promise.resolve()

  constructor(deps: RevocationsDeps) {
    this.#deps = deps
  }

  /** Writes those that are missing, in turn with others who ask for it. Never rejects. */
  keep(): Promise<void> {
    this.#underWay = this.#underWay.then(() => this.#keepNow())
    return this.#underWay
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    await this.#underWay
  }

  async #keepNow(): Promise<void> {
    const { database, log, vaults, agents } = this.#deps
    try {
      const revoked = await agents.listRevoked(database.em())
      for (const vault of vaults.all()) await keepIn(vault, revoked)
    } catch (error) {
      log.warn({ event: 'revocation.not-kept', err: error }, 'The vault could not be told of a revoked device; it is tried again')
      this.#timer ??= setTimeout(() => {
        this.#timer = null
        void this.keep()
      }, againMs).unref()
    }
  }
}

async function keepIn({ id: vaultId, vault }: OpenVault, revoked: readonly RevokedAgent[]): Promise<void> {
  const known = new Set<string>()
  for await (const id of vault.revokedAgentIds()) known.add(id)
  for (const agent of revoked)
    if (agent.vaultId === vaultId && !known.has(agent.id))
      await vault.addRevocation({ agentId: agent.id, revokedAtMs: agent.revokedAt.getTime() })
}
