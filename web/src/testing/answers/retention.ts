import type { KeptFor, RetentionPreview } from '@holdfast/shared-types'
import { found, type AnswerParts, type Answers } from './answers.ts'

const nothing: RetentionPreview = {
  snapshots: [],
  goes: 0,
  bytesFreed: 0,
  undoDays: 14,
  needsWord: false,
  timeZone: 'Europe/Berlin',
  withoutRules: 0,
}

export const retentionAnswers = ({ world, tell }: AnswerParts): Answers => {
  const decide = (waitId: string): number => {
    const wait = found(
      world.retentionWaits.find(({ id }) => id === waitId),
      'retention.outdated',
    )
    world.retentionWaits = world.retentionWaits.filter(({ id }) => id !== waitId)
    tell('plans', { type: 'retention.changed', body: { id: wait.planId } })
    return wait.snapshotIds.length
  }
  return {
    previewRetention: () => world.retentionPreview ?? nothing,
    previewVersionLimit: () => world.versionLimit ?? { snapshots: 0, entries: 0, bytes: 0, ofEntries: 79_213, needsWord: false },
    // By the names of plans: the stand-in knows no runs of snapshots.
    listKeptSnapshots: ({ query }) => ({
      items: world.plans
        .filter(({ agentId, retention }) => retention !== null && (query.agentId === undefined || agentId === query.agentId))
        .flatMap((plan) =>
          world.snapshots
            .filter(({ agentId, plan: name, deleted }) => agentId === plan.agentId && name === plan.name && deleted === null)
            .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
            .map(({ id }, index) => ({ snapshotId: id, planId: plan.id, keptFor: reasons(index) })),
        ),
    }),
    applyPlanRetention: ({ params }) => ({
      deleted: 0,
      rewritten: 0,
      wait: world.retentionWaits.find(({ planId }) => planId === params.planId) ?? null,
    }),
    listRetentionWaits: () => ({ items: world.retentionWaits }),
    approveRetention: ({ params }) => ({ deleted: decide(params.waitId), rewritten: 0 }),
    refuseRetention: ({ params }) => ({ kept: decide(params.waitId) }),
  }
}

const reasons = (index: number): KeptFor[] => {
  if (index === 0) return ['daily', 'weekly', 'newest']
  if (index < 7) return ['daily']
  return index % 3 === 0 ? [] : ['weekly']
}
