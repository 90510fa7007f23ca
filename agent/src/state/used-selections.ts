import { readFile } from 'node:fs/promises'
import { AppError, RunId } from '@holdfast/shared-types'
import { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import type { AgentFolders } from './agent-folders.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

/** More restores than a device sees in years. */
const remembered = 10_000

const Nonce = z.string().regex(/^[0-9a-f]{32}$/)

/** 16 random bytes in hex, the run they came with, and whether that has ended; newest last. */
const Used = z.array(z.union([z.tuple([Nonce, RunId]), z.tuple([Nonce, RunId, z.literal('ended')])])).max(remembered)
type Used = z.infer<typeof Used>

/**
 * Which run each sealed choice of a restore was for. A hub cannot read one, but could hand an old one out again, with another run or with the one that has long ended: what a
 * person chose once would be restored again at another time, over what has been written since.
 */
export class UsedSelections {
  readonly #path: string
  #turn: Promise<void> = Promise.resolve()

  constructor({ selectionsFile }: Pick<AgentFolders, 'selectionsFile'>) {
    this.#path = selectionsFile
  }

  /** Durable when it resolves; the same run may come again until it has ended. @throws AppError `restore.order-changed` for a choice of another run, or one's that has ended */
  use(nonce: string, runId: RunId): Promise<void> {
    return this.#next(() => this.#note(nonce, runId))
  }

  /** What was chosen for the run was done, or as much of it as will be: it may not come again. Durable when it resolves. */
  end(runId: RunId): Promise<void> {
    return this.#next(() => this.#noteEnd(runId))
  }

  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #note(nonce: string, runId: RunId): Promise<void> {
    const used = await this.#read()
    const known = used.find(([other]) => other === nonce)
    if (known === undefined) return this.#write([...used, [nonce, runId]])
    if (known[1] === runId && known[2] === undefined) return
    throw new AppError('restore.order-changed', {
      message: 'What is to be restored was chosen for another restore, or for this one, which has ended already.',
      cure: 'Choose again what to restore. If nobody asked for this restore, look into the hub: it used an old order again.',
    })
  }

  async #noteEnd(runId: RunId): Promise<void> {
    const used = await this.#read()
    if (used.some(([, run, ended]) => run === runId && ended === undefined))
      await this.#write(used.map((one): Used[number] => (one[1] === runId ? [one[0], runId, 'ended'] : one)))
  }

  #write(used: Used): Promise<void> {
    return writeFileAtomically(this.#path, `${JSON.stringify(used.slice(-remembered))}\n`)
  }

  async #read(): Promise<Used> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return []
      throw error
    }
    try {
      return Used.parse(JSON.parse(text))
    } catch (cause) {
      throw new AppError('agent.identity-invalid', {
        message: 'The file used-selections.json of this device is damaged.',
        cure: 'Remove it from the agent\u2019s state folder, after you have looked whether anybody meddled there.',
        cause,
      })
    }
  }
}
