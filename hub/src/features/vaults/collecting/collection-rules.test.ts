import { describe, expect, test } from 'vitest'
import { collectionRules, type CollectionRules } from './collection-rules.ts'
import { explore } from './testing/explore-collections.ts'

describe('without one of the rules something breaks:', () => {
  test.each<[string, Partial<CollectionRules>, RegExp]>([
    ['condemned segments are offered', { isOffered: () => true }, /refused|lacks|lost/],
    ['whatever is there may be named', { mayBeNamed: () => true }, /./],
    ['nothing that is condemned may be named', { mayBeNamed: (condemnedIn) => condemnedIn === null }, /refused/],
    ['what was committed while marking is not marked', { marksWhatCameSince: false }, /./],
    ['nobody waits', { isGraceOver: () => true }, /./],
    ['snapshots are believed', { mayGoOn: () => true }, /lacks/],
    ['a commit rescues nothing', { rescuesAtCommit: false }, /./],
    ['looking through a snapshot rescues nothing', { rescuesAtAudit: false }, /./],
    ['segments are removed before snapshots', { removesSnapshotsFirst: false }, /found in the store/],
  ])('%s', { timeout: 120_000 }, (_, change, broken) => {
    const { failure } = explore({ ...collectionRules, ...change })
    expect(failure?.at(-1)).toMatch(broken)
  })
})
