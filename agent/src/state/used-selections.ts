import { readFile } from 'node:fs/promises'
import { AppError, RunId } from '@holdfast/shared-types'
import { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import type { AgentFolders } from './agent-folders.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

/** More restores than a device sees in years. */
const remembered = 10_000

/** 16 random bytes in hex, and the run they came with; newest last. */
const Used = z.array(z.tuple([z.string().regex(/^[0-9a-f]{32}$/), RunId])).max(remembered)

/**
 * Which run each sealed choice of a restore was for. A hub cannot read one, but could hand an old one out again with another run: what a person chose once would be restored
 * at another time, or to another place.
 */
export class UsedSelections {
  readonly #path: string
  #turn: Promise<void> = Promise.resolve()

  constructor({ selectionsFile }: Pick<AgentFolders, 'selectionsFile'>) {
    this.#path = selectionsFile
  }

  /** Durable when it resolves; the same run may come again. @throws AppError `request.invalid` for a choice of another run */
  use(nonce: string, runId: RunId): Promise<void> {
    const used = this.#turn.then(() => this.#note(nonce, runId))
    this.#turn = used.catch(() => undefined)
    return used
  }

  async #note(nonce: string, runId: RunId): Promise<void> {
    const used = await this.#read()
    const known = used.find(([other]) => other === nonce)
    if (known?.[1] === runId) return
    if (known !== undefined)
      throw new AppError('request.invalid', {
        message: 'What is to be restored was chosen for another restore, which has been carried out already.',
        cure: 'Choose again what to restore. If nobody asked for this restore, look into the hub: it used an old order again.',
      })
    await writeFileAtomically(this.#path, `${JSON.stringify([...used, [nonce, runId]].slice(-remembered))}\n`)
  }

  async #read(): Promise<z.infer<typeof Used>> {
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
