import type { VaultDetails } from '@holdfast/shared-types'
import { aCollection, aVaultCare, someDamagedPaths } from '../care-world.ts'
import { found, type AnswerParts, type Answers } from './answers.ts'

/** Words of the list, for pictures; they open nothing. */
const pictured =
  'orbit glance velvet harbor cousin maple drift anchor salute window copper ladder mimic fragile tunnel panda bright oxygen lesson ribbon carbon village simple abstract'.split(
    ' ',
  )

const isDamaged = ({ snapshotsDamaged }: VaultDetails): boolean => snapshotsDamaged > 0

export const vaultsAnswers = ({ world }: AnswerParts): Answers => {
  const vaultOf = (vaultId: string) =>
    found(
      world.vaultDetails.find(({ id }) => id === vaultId),
      'vault.not-found',
    )
  return {
    listVaults: () => ({ items: [...world.vaults, ...world.vaultDetails] }),
    getVault: ({ params }) => vaultOf(params.vaultId),
    getVaultUsage: ({ params }) =>
      found(
        world.vaultUsages.find(({ vaultId }) => vaultId === params.vaultId),
        'vault.not-found',
      ),
    getVaultCare: ({ params }) => aVaultCare(isDamaged(vaultOf(params.vaultId))),
    startCare: ({ params }) => {
      const care = aVaultCare(isDamaged(vaultOf(params.vaultId)))
      return { ...care, works: care.works.map((work) => (work.kind === params.kind ? { ...work, isWaiting: true } : work)) }
    },
    listDamagedPaths: ({ params }) => ({ items: isDamaged(vaultOf(params.vaultId)) ? someDamagedPaths() : [], hasMore: false }),
    previewCollection: () => world.collectionPreview,
    startCollection: ({ params, body }) => {
      const { percentFound, bytesFound, packsFound, mostPercent } = world.collectionPreview
      const figures = { percentFound, bytesFound, packsFound, snapshotsRemoved: 0, packsRemoved: 0, bytesRemoved: 0 }
      const isHeldUp = percentFound > mostPercent && !body.isLargeApproved
      const collection = isHeldUp
        ? aCollection({ ...figures, state: 'approval-needed', startedBy: world.user.name })
        : aCollection({ ...figures, state: 'removing', startedBy: world.user.name, startedAtMs: Date.now(), endedAtMs: null })
      vaultOf(params.vaultId).collection = collection
      return collection
    },
    updateVault: ({ params, body }) => Object.assign(vaultOf(params.vaultId), body),
    exportRecoveryKey: () => ({ slotId: 'ab'.repeat(16), words: pictured, createdAtMs: Date.now() }),
    confirmRecoveryKey: ({ params }) => {
      const vault = vaultOf(params.vaultId)
      return Object.assign(vault, { recoveryKeyExported: true, recoveryKey: { exportedAtMs: Date.now(), exportedBy: world.user.name } })
    },
    testRecoveryKey: ({ body }) => {
      const given = body.words.trim().split(/\s+/)
      const opens = given.join(' ') === pictured.join(' ')
      return {
        opens,
        problem: opens ? null : given.length === 24 ? 'word' : 'count',
        wordCount: given.length,
        unknownWords: opens ? [] : [7],
      }
    },
  }
}
