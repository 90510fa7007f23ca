import { setImmediate as nextTurn } from 'node:timers/promises'
import { segmentsPerTurn } from '../contents/snapshot-refsets.ts'
import type { PackView } from '../contents/vault-contents.ts'

/** A pack is emptied when more of it than this is garbage: below, copying costs more than it frees. restic's and kopia's usual limits lie around it. */
const sparseShare = 0.25
/** A pack of one small backup; thousands of them make every start and every check slower. */
const smallPackBytes = 4 * 1024 * 1024
/** So many small ones of a kind are put together. */
const fewestSmall = 32

export interface ChosenPack {
  readonly packIdHex: string
  readonly segmentCount: number
  /** Positions that nobody needs here: named by no snapshot, or read elsewhere. */
  readonly dead: readonly number[]
  /** Of what nobody needs at all, as this collection is the first to find. */
  readonly deadBytes: number
  /** Of what was moved elsewhere, condemned before, or purged by a person: freed too, but nothing more is lost with it. */
  readonly settledBytes: number
  /** Some of that is damaged, or was purged: the pack is emptied however little it is, for nothing else takes it away. */
  readonly isUrgent: boolean
}

export interface Chosen {
  readonly packs: readonly ChosenPack[]
  /** Of all packs looked at, footers left out. */
  readonly bytes: number
}

/**
 * Which packs of a vault a collection removes or empties; others get their turn meanwhile.
 * @param isNeeded by birth
 * @param mustGo by birth: garbage of which a pack is emptied however little it is
 */
export async function choosePacks(
  packs: Iterable<PackView>,
  isNeeded: (packIdHex: string, ordinal: number) => boolean,
  isSpared: (packIdHex: string) => boolean,
  mustGo: (packIdHex: string, ordinal: number) => boolean = () => false,
): Promise<Chosen> {
  const chosen: ChosenPack[] = []
  let bytes = 0
  let segments = 0
  for (const pack of packs) {
    segments += pack.segmentCount
    if (segments > segmentsPerTurn) {
      segments = 0
      await nextTurn()
    }
    bytes += pack.bytes
    if (isSpared(pack.packIdHex)) continue
    const found = lookAt(pack, isNeeded, mustGo)
    const isSparse = found.dead.length === pack.segmentCount || found.deadBytes + found.settledBytes > pack.bytes * sparseShare
    if (isSparse || found.isUrgent) chosen.push(found)
  }
  return { packs: chosen, bytes }
}

function lookAt(
  pack: PackView,
  isNeeded: (packIdHex: string, ordinal: number) => boolean,
  mustGo: (packIdHex: string, ordinal: number) => boolean,
): ChosenPack {
  const dead: number[] = []
  let [deadBytes, settledBytes] = [0, 0]
  let isUrgent = false
  for (let position = 0; position < pack.segmentCount; position++) {
    const { birthPackIdHex, ordinal, length, isMoved, isCondemned, isLost } = pack.segment(position)
    // What was condemned once is needed again where the place that it was moved to is lost.
    if (!isMoved && isNeeded(birthPackIdHex, ordinal)) continue
    const isPurged = mustGo(birthPackIdHex, ordinal)
    if (isMoved || isCondemned || isLost || isPurged) settledBytes += length
    else deadBytes += length
    isUrgent ||= isLost || isPurged
    dead.push(position)
  }
  return { packIdHex: pack.packIdHex, segmentCount: pack.segmentCount, dead, deadBytes, settledBytes, isUrgent }
}

/** Small packs, if there are many: group by group, what can lie in one pack. @param groupOf what must not be mixed */
export function chooseSmall(
  packs: Iterable<PackView>,
  groupOf: (pack: PackView) => string,
  isSpared: (packIdHex: string) => boolean,
): PackView[] {
  const byGroup = new Map<string, PackView[]>()
  for (const pack of packs) {
    if (pack.bytes >= smallPackBytes || isSpared(pack.packIdHex)) continue
    const group = groupOf(pack)
    byGroup.set(group, [...(byGroup.get(group) ?? []), pack])
  }
  return [...byGroup.values()].filter((group) => group.length >= fewestSmall).flat()
}
