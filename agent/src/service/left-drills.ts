import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Logger } from 'pino'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { drillFolder, drillFolderPrefix, isDrill } from '../runs/drill-folder.ts'
import type { RunInHand } from '../runs/run-in-hand.ts'

/** Removes what drills restored and did not remove themselves: they were ended hard, or the agent was. For whoever holds the lock of the state folder. */
export class LeftDrills {
  readonly #home: string
  readonly #log: Logger
  /** Names of folders of drills under way. */
  readonly #live = new Set<string>()

  private constructor(home: string, log: Logger) {
    this.#home = home
    this.#log = log
  }

  /** Removes what an agent before this one left in the state folder `home`. */
  static async clear(home: string, log: Logger): Promise<LeftDrills> {
    const drills = new LeftDrills(home, log)
    await drills.#remove()
    return drills
  }

  /** Looks after a run from its beginning on: when its thread is gone, so is what it left. */
  follow(run: RunInHand): RunInHand {
    if (!isDrill(run.order.request)) return run
    const name = basename(drillFolder(run.order))
    this.#live.add(name)
    void run.ended.then(() => {
      this.#live.delete(name)
      return this.#remove()
    })
    return run
  }

  /** Never rejects: what cannot be removed is told, and tried again after the next drill and at the next start. */
  async #remove(): Promise<void> {
    try {
      for (const name of await readdir(this.#home))
        if (name.startsWith(drillFolderPrefix) && !this.#live.has(name))
          await rm(join(this.#home, name), { recursive: true, force: true, maxRetries: 3 })
    } catch (error) {
      this.#log.warn({ event: 'drill.left', code: systemErrorCode(error) }, 'What a drill restored could not be removed')
    }
  }
}
