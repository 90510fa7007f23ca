import { AppError, type AgentId, type ErrorCode, type RunId } from '@holdfast/shared-types'
import { brokenUnique } from '../../platform/database/translate-driver-error.ts'
import { sendFailureOf } from '../../platform/realtime/agent-link.ts'
import { applyToRun } from './apply-to-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import type { RunRow } from './run.entity.ts'
import type { RunsState } from './runs-state.ts'
import { listOfferable } from './runs.queries.ts'

/**
 * A device that declines is asked again after 5 s, doubling to 5 min; an ended run of it shortens the wait. Nobody waits longer than two
 * leases, so short leases make short pauses.
 */
const firstPauseMs = 5_000
const longestPauseMs = 300_000
const pauseMsAfter = (offerCount: number, leaseMs: number): number =>
  Math.min(longestPauseMs, leaseMs, Math.min(firstPauseMs, leaseMs / 4) * 2 ** (offerCount - 1))
/** Over an hour of declines: somebody has to look. */
const maxOffers = 25

/** Offers every run that waits for this agent and may be worked on now. */
export async function offerRuns(state: RunsState, agentId: AgentId): Promise<void> {
  if (!state.agentLinks.isOnline(agentId)) return
  const offers: Promise<void>[] = []
  for (const runId of await listOfferable(state.database.em(), agentId, new Date(state.now()))) {
    const run = await offerOne(state, runId)
    // Sent at once, answers awaited together: a slow answer to one must not hold up the others.
    if (run !== null) offers.push(sendQuietly(state, run))
  }
  await Promise.all(offers)
}

/** @returns the run as it is offered, or null when it cannot be now */
async function offerOne(state: RunsState, runId: RunId): Promise<RunRow | null> {
  try {
    const { run, step } = await state.database.transaction((em) =>
      applyToRun(state, em, runId, {
        input: { type: 'offer' },
        change: (row) => void (row.offerCount += 1),
        stillHolds: (row) => row.state === 'queued',
      }),
    )
    return step.kind === 'moved' ? run : null
  } catch (error) {
    // Another run with the same plan or sources was offered in the meantime: this one waits for its end.
    const broken = brokenUnique(error)
    if (broken === 'run_one_active_unique' || broken === 'run_one_active_of_plan_unique') return null
    throw error
  }
}

/** A failure of one is told here: nobody listens yet while the next one is looked at. Lease and hello settle the run. */
async function sendQuietly(state: RunsState, run: RunRow): Promise<void> {
  try {
    await send(state, run)
  } catch (error) {
    state.log.warn({ event: 'run.offer-failed', runId: run.id, err: error }, 'An offer could not be made to its end; it is settled later')
  }
}

async function send(state: RunsState, { id, agentId, fence, request, offerCount, planName }: RunRow): Promise<void> {
  const answer = await state.agentLinks
    .send(agentId, 'run.offer', {
      runId: id,
      fence,
      leaseMs: state.leaseMs,
      request,
      ...(planName ? { plan: planName } : {}),
    })
    .catch((error: unknown) => readFailure(error))
  if (answer === 'unknown') return // The link is gone: the next hello says whether the offer arrived.
  if (answer === 'not-sent') return takeBack(state, id, fence)
  const answered = { type: typeof answer === 'string' ? answer : answer.accepted ? 'accepted' : 'declined', fence } as const
  const isTooOften = (answered.type === 'declined' || answered.type === 'unanswered') && offerCount >= maxOffers
  const pauseMs = pauseMsAfter(offerCount, state.leaseMs)
  await queueTransaction(state, (em) =>
    applyToRun(state, em, id, {
      input: isTooOften ? { type: 'given-up' } : answered,
      stillHolds: (row) => row.fence === fence,
      change: (row) => void (row.offerNotBefore = answered.type === 'accepted' ? null : new Date(state.now() + pauseMs)),
      ...(typeof answer === 'object' && answer.reason !== undefined ? { explain: answer.reason } : {}),
    }),
  ).catch((error: unknown) => {
    // The agent was faster: its own report has moved the run on or ended it.
    if (!(error instanceof AppError)) throw error
  })
}

/** The link was gone before the offer left: nothing was offered, and nothing is to be waited for. */
async function takeBack(state: RunsState, id: RunId, fence: number): Promise<void> {
  await queueTransaction(state, (em) =>
    applyToRun(state, em, id, {
      input: { type: 'unanswered', fence },
      stillHolds: (row) => row.fence === fence,
      change: (row) => void (row.offerCount -= 1),
      explain: 'The device was gone before it could be offered; it is offered again when it is back.',
    }),
  )
}

/** An agent that is older than the hub says one of these to an order with words it does not know, and will say so every time. */
const notUnderstood: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['protocol.invalid-message', 'protocol.unsupported'])

function readFailure(error: unknown): 'unknown' | 'not-sent' | 'unanswered' | 'not-understood' | { accepted: false; reason: string } {
  const failure = sendFailureOf(error)
  if (failure === 'unlinked') return 'unknown'
  if (failure === 'not-linked') return 'not-sent'
  if (failure !== null) return 'unanswered'
  if (error instanceof AppError && notUnderstood.has(error.code)) return 'not-understood'
  if (error instanceof AppError) return { accepted: false, reason: error.message }
  throw error
}
