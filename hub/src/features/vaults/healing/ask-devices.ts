import { Refset } from '@holdfast/engine/format'
import { AppError, type AgentId, type DamageHealing } from '@holdfast/shared-types'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { AgentsDoor, HealAnswer, HealersDoor } from '../doors/doors.ts'
import { forgetAsked, listAsked, noteAsked, setHealing, type HealRequest } from '../tables/healing.queries.ts'
import { Brake } from '../usage/brake.ts'
import { findDamage, type FindHoldersDeps, type Holder, type Lacking } from './find-holders.ts'
import { addAll, countOf, hasOther, overlap } from '../contents/segment-sets.ts'
import { mayAsk } from './when-to-ask.ts'

export interface AskDevicesDeps extends FindHoldersDeps {
  readonly log: Logger
  readonly now: () => number
  readonly agents: AgentsDoor
  /** Null: nobody can be asked. */
  readonly healers: HealersDoor | null
}

/** One time that a vault's damage is looked at. */
export interface HealTask {
  readonly vault: OpenVault
  /** A person asked for it: devices that were asked lately are asked again. */
  readonly isByHand: boolean
  readonly signal: AbortSignal
  count(more: { readonly named?: number; readonly snapshots?: number; readonly problems?: number }): void
}

/**
 * Asks devices for backups of what is lost and what they still have: of several that have the same one, and of one device one backup at a time. Each is asked once for the same
 * damage, unless its backup did not come to its end; and what becomes of each damaged snapshot is noted.
 *
 * The story counts as `named` the devices that were asked, as `problems` the snapshots that lack something, and as `snapshots` those of them that no device can heal.
 *
 * @throws EngineError `cancelled`, `store.*`
 */
export async function askDevices(deps: AskDevicesDeps, task: HealTask): Promise<void> {
  const { healers, database } = deps
  if (healers === null) return
  const damage = await findDamage(deps, healers, task.vault, new Brake(task.signal))
  const em = database.em()
  const before = new Map((await listAsked(em, task.vault.id)).map((request) => [keyOf(request.agentId, request.work), request]))
  const asking = new Asking(deps, healers, task, before)
  await asking.ask(damage.holders)
  const holders = new Set(damage.holders.map(({ agentId, work }) => keyOf(agentId, work.key)))
  for (const [key, request] of before) if (!holders.has(key)) await forgetAsked(em, task.vault.id, request)
  const outlook = asking.outlookOf(damage.lacking)
  for (const [healing, lacking] of outlook)
    await setHealing(
      em,
      lacking.map(({ id }) => id),
      healing,
    )
  task.count({ problems: damage.lacking.length, snapshots: outlook.get('gone')?.length ?? 0 })
}

const keyOf = (agentId: AgentId, work: string): string => `${agentId} ${work}`

type Outlook = Exclude<DamageHealing, 'healed'>

class Asking {
  readonly #deps: AskDevicesDeps
  readonly #healers: HealersDoor
  readonly #task: HealTask
  readonly #brake: Brake
  readonly #before: ReadonlyMap<string, HealRequest>
  /** What devices are asked for, now or since before. */
  readonly #asked = new Refset()
  /** The part of it that those are asked for who are there. */
  readonly #askedOnline = new Refset()
  /** What is to be asked for another time. */
  readonly #waiting = new Refset()
  readonly #busy = new Set<AgentId>()

  constructor(deps: AskDevicesDeps, healers: HealersDoor, task: HealTask, before: ReadonlyMap<string, HealRequest>) {
    this.#deps = deps
    this.#healers = healers
    this.#task = task
    this.#brake = new Brake(task.signal)
    this.#before = before
  }

  async ask(holders: readonly Holder[]): Promise<void> {
    const open = new Set<string>()
    for (const { agentId, key } of await this.#healers.openHeals(this.#deps.database.em())) {
      open.add(keyOf(agentId, key))
      this.#busy.add(agentId)
    }
    const isOpen = ({ agentId, work }: Holder): boolean => open.has(keyOf(agentId, work.key))
    for (const holder of holders) if (isOpen(holder)) this.#noteUnderWay(holder)
    for (const holder of this.#inOrder(holders.filter((one) => !isOpen(one)))) {
      await this.#brake.pass()
      await this.#askOne(holder)
    }
  }

  /** What becomes of each snapshot: the best that may come to any of what it lost. */
  outlookOf(lacking: readonly Lacking[]): ReadonlyMap<Outlook, Lacking[]> {
    return Map.groupBy(lacking, ({ lost }) => (overlap(lost, this.#asked) ? 'asked' : overlap(lost, this.#waiting) ? 'waiting' : 'gone'))
  }

  /** Who is there comes before who is away, and then who has most of what is lost. */
  #inOrder(holders: readonly Holder[]): Holder[] {
    const weighed = holders.map((holder) => ({ holder, isOnline: this.#healers.isOnline(holder.agentId), count: countOf(holder.wanted) }))
    return weighed.toSorted((a, b) => Number(b.isOnline) - Number(a.isOnline) || b.count - a.count).map(({ holder }) => holder)
  }

  async #askOne(holder: Holder): Promise<void> {
    const { agentId, work, wanted } = holder
    const isCovered = !hasOther(wanted, this.#healers.isOnline(agentId) ? this.#askedOnline : this.#asked)
    // Another device sends the same: once it has, nothing of this is lost.
    if (isCovered) return
    const agent = await this.#deps.agents.findAgent(this.#deps.database.em(), agentId)
    if (agent === null || agent.revokedAt !== null) return
    const before = this.#before.get(keyOf(agentId, work.key)) ?? null
    const isNews = before === null || hasOther(wanted, Refset.decode(before.lost))
    const mayBeAsked = this.#task.isByHand || mayAsk(before, isNews, this.#deps.now())
    const answer: HealAnswer = mayBeAsked && !this.#busy.has(agentId) ? await this.#order(holder) : { kind: 'waits' }
    if (answer.kind === 'never') return
    if (answer.kind === 'waits') addAll(this.#waiting, wanted)
    else this.#noteUnderWay(holder)
    if (answer.kind !== 'ordered') return
    this.#busy.add(agentId)
    await this.#noteAsked(holder, answer, isNews ? 1 : before.tries + 1)
  }

  #noteUnderWay({ agentId, wanted }: Holder): void {
    addAll(this.#asked, wanted)
    if (this.#healers.isOnline(agentId)) addAll(this.#askedOnline, wanted)
  }

  async #order({ agentId, work }: Holder): Promise<HealAnswer> {
    try {
      return await this.#healers.order(work)
    } catch (error) {
      // Another plan with the same sources is to run: it sends the same.
      if (error instanceof AppError && error.code === 'run.already-active') return { kind: 'under-way' }
      // One device must not keep the others from it; it is asked another time.
      this.#deps.log.warn({ event: 'heal.not-ordered', agentId, err: error }, 'A device could not be asked to back up what is damaged')
      return { kind: 'waits' }
    }
  }

  async #noteAsked({ agentId, work, wanted }: Holder, { runId }: Extract<HealAnswer, { kind: 'ordered' }>, tries: number): Promise<void> {
    const { database, log, now } = this.#deps
    const task = this.#task
    await noteAsked(database.em(), task.vault.id, {
      agentId,
      work: work.key,
      lost: wanted.encode(),
      tries,
      askedAt: new Date(now()),
      runId,
    })
    task.count({ named: 1 })
    log.info(
      { event: 'heal.ordered', vaultId: task.vault.id, agentId, runId, segments: countOf(wanted) },
      'A device is asked to back up again what is damaged in the vault',
    )
  }
}
