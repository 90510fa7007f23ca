import { toWireError, type CareKind, type CareStory } from '@holdfast/shared-types'
import type { Database } from '../../../platform/database/database.ts'
import { asAppError } from '../../../platform/http/as-app-error.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { translateEngineError } from '../errors/translate-engine-error.ts'
import { forgetOldCare, insertCare, newestCare, updateCare } from '../tables/care.queries.ts'
import { nothingCounted, type CareCounts, type CareTask } from './care-task.ts'

/** Of each kind and vault: half a year of nights. */
const keptStories = 200

export type CareWork = (task: CareTask) => Promise<void>

export interface CareWorksDeps {
  readonly database: Database
  readonly log: Logger
  readonly now: () => number
}

export interface CareOrder {
  /** Name of a person; null = by the clock, or because something was found. */
  readonly startedBy: string | null
  readonly signal: AbortSignal
}

/** Does what is to be done for a vault, and tells of it: one of a kind and vault at a time, which its caller sees to. */
export class CareWorks {
  readonly #deps: CareWorksDeps
  readonly #running = new Map<string, CareStory>()

  constructor(deps: CareWorksDeps) {
    this.#deps = deps
  }

  /** The running or newest one of each kind. */
  async last(vault: OpenVault): Promise<ReadonlyMap<CareKind, CareStory>> {
    const stories = await newestCare(this.#deps.database.em(), vault.id)
    const told = stories.map((story): CareStory => (story.state === 'running' ? { ...story, state: 'interrupted' } : story))
    const running = [...this.#running].filter(([name]) => name.startsWith(`${vault.id}/`)).map(([, story]) => story)
    return new Map([...told, ...running].map((story) => [story.kind, story]))
  }

  /**
   * @returns the story, also of one that failed: what kept it from its end is in it, and in the log
   * @throws what `work` throws once the signal is aborted; the story counts as interrupted
   */
  async run(vault: OpenVault, kind: CareKind, work: CareWork, { startedBy, signal }: CareOrder): Promise<CareStory> {
    const { database, now } = this.#deps
    const name = `${vault.id}/${kind}`
    let story: CareStory = { kind, state: 'running', startedBy, startedAtMs: now(), endedAtMs: null, counts: nothingCounted, error: null }
    const tell = (news: Partial<CareStory>): CareStory => {
      story = { ...story, ...news }
      this.#running.set(name, story)
      return story
    }
    tell({})
    try {
      const id = await insertCare(database.em(), vault.id, story)
      const count = (more: Partial<CareCounts>): void => void tell({ counts: sum(story.counts, more) })
      try {
        await work({ vault, signal, isByHand: startedBy !== null, count })
        tell({ state: story.counts.problems > 0 ? 'damaged' : 'done', endedAtMs: now() })
      } catch (error) {
        tell(this.#failure(vault, story, error, signal.aborted))
        if (signal.aborted) throw error
      } finally {
        // Where even that cannot be noted, the next look finds one that runs no more, and calls it interrupted.
        await updateCare(database.em(), id, story).catch(() => undefined)
      }
      await forgetOldCare(database.em(), vault.id, kind, keptStories)
      return story
    } finally {
      this.#running.delete(name)
    }
  }

  #failure(vault: OpenVault, { kind }: CareStory, error: unknown, isStopped: boolean): Partial<CareStory> {
    const endedAtMs = this.#deps.now()
    if (isStopped) return { state: 'interrupted', endedAtMs }
    this.#deps.log.error(
      { event: 'care.failed', vaultId: vault.id, operation: kind, err: error },
      'The care of a vault did not come to its end',
    )
    const { code, message, cure } = toWireError(asAppError(translateEngineError(error)))
    return { state: 'failed', endedAtMs, error: { code, message, cure } }
  }
}

const sum = (counts: CareCounts, more: Partial<CareCounts>): CareCounts => {
  const added = { ...counts }
  for (const name of Object.keys(counts) as (keyof CareCounts)[]) added[name] += more[name] ?? 0
  return added
}
