import { aPurge, aPurgePreview } from '../purge-world.ts'
import { anUuid } from '../world.ts'
import type { AnswerParts, Answers } from './answers.ts'

export const purgesAnswers = ({ world, tell }: AnswerParts): Answers => ({
  previewPurge: () =>
    world.purgePreview ?? aPurgePreview({ snapshots: world.snapshots.length, snapshotsAffected: 0, entries: 0, bytes: 0, samples: [] }),
  startPurge: ({ params: { vaultId }, body }) => {
    const purge = aPurge({
      ...body,
      id: anUuid(),
      vaultId,
      startedBy: world.user.name,
      state: 'rewriting',
      startedAtMs: Date.now(),
      endedAtMs: null,
      progress: { done: 0, total: world.snapshots.length },
      snapshotsRewritten: 0,
      entries: 0,
      bytes: 0,
    })
    world.purges = [purge, ...world.purges]
    tell('snapshots', { type: 'purge.changed', body: { id: purge.id, vaultId } })
    return purge
  },
  listPurges: ({ params }) => ({ items: world.purges.filter(({ vaultId }) => vaultId === params.vaultId) }),
})
