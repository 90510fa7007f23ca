import { describe, expect, test } from 'vitest'
import { collectionRules, copyRules, type CollectionRules, type CopyRules } from './collection-rules.ts'
import { explore, exploreCopies } from './testing/explore-collections.ts'

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

describe('of a segment that lies in several packs', () => {
  test.each<[string, Partial<CopyRules>, RegExp]>([
    ['the order in which packs are met decides', { chooseWhole: (places) => (places.length > 0 ? 0 : -1) }, /refused/],
    ['what was condemned stays so', { isDead: (place) => place.isCondemned || copyRules.isDead(place) }, /removed/],
    ['nobody looks again before it is removed', { looksAgain: false }, /last whole/],
    ['a copy stays condemned when the place that counts is lost', { rescuesCopies: false }, /refused/],
    ['what is lost of a snapshot that was whole counts as sent again', { looksWhoseItIs: false }, /refused|come back/],
  ])('something breaks where %s', { timeout: 120_000 }, (_, change, broken) => {
    expect(exploreCopies({ ...copyRules, ...change }).failure?.at(-1)).toMatch(broken)
  })
})
