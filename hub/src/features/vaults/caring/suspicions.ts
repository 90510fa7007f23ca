import { fromHex } from '@holdfast/engine/bytes'
import type { VaultId } from '@holdfast/shared-types'
import type { OpenVault } from '../contents/open-vault.ts'
import { endInTime } from '../opening/end-in-time.ts'
import { findPack } from '../tables/packs.queries.ts'
import { lookAtPack, type ScrubDeps } from './scrub-packs.ts'

export interface SuspicionsDeps extends ScrubDeps {
  readonly nameSoon: (vaultId: VaultId) => Promise<void>
}

/** Packs that somebody met damage in while they read something: each is read whole at once, so that all of its damage is known. */
export class Suspicions {
  readonly #deps: SuspicionsDeps
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()

  constructor(deps: SuspicionsDeps) {
    this.#deps = deps
  }

  /** Does not wait. */
  add(vault: OpenVault, packIdHex: string): void {
    if (this.#underWay.has(packIdHex) || this.#stopping.signal.aborted) return
    const looking = this.#look(vault, packIdHex)
      .catch((error: unknown) =>
        this.#deps.log.warn(
          { event: 'pack.suspect', vaultId: vault.id, packId: packIdHex, err: error },
          'A pack that may be damaged could not be looked at',
        ),
      )
      .finally(() => this.#underWay.delete(packIdHex))
    this.#underWay.set(packIdHex, looking)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await endInTime([...this.#underWay.values()])
  }

  async #look(vault: OpenVault, packIdHex: string): Promise<void> {
    const row = await findPack(this.#deps.database.em(), fromHex(packIdHex))
    if (row?.state !== 'live') return
    const { problems } = await lookAtPack(this.#deps, { vault, signal: this.#stopping.signal }, row)
    if (problems > 0) await this.#deps.nameSoon(vault.id)
  }
}
