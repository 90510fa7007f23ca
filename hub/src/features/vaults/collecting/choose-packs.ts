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
  /** Of what was moved elsewhere, or condemned before: freed too, but nothing more is lost with it. */
  readonly settledBytes: number
  /** Some of that is damaged: the pack is emptied however little it is, for nothing else takes the damage away. */
  readonly isDamaged: boolean
}

export interface Chosen {
  readonly packs: readonly ChosenPack[]
  /** Of all packs looked at, footers left out. */
  readonly bytes: number
}

/** Which packs of a vault a collection removes or empties; others get their turn meanwhile. @param isNeeded by birth */
export async function choosePacks(
  packs: Iterable<PackView>,
  isNeeded: (packIdHex: string, ordinal: number) => boolean,
  isSpared: (packIdHex: string) => boolean,
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
    const found = lookAt(pack, isNeeded)
    const isSparse = found.dead.length === pack.segmentCount || found.deadBytes + found.settledBytes > pack.bytes * sparseShare
    if (isSparse || found.isDamaged) chosen.push(found)
  }
  return { packs: chosen, bytes }
}

function lookAt(pack: PackView, isNeeded: (packIdHex: string, ordinal: number) => boolean): ChosenPack {
  const dead: number[] = []
  let [deadBytes, settledBytes] = [0, 0]
  let isDamaged = false
  for (let position = 0; position < pack.segmentCount; position++) {
    const { birthPackIdHex, ordinal, length, isMoved, isCondemned, isLost } = pack.segment(position)
    // What was condemned once is needed again where the place that it was moved to is lost.
    if (!isMoved && isNeeded(birthPackIdHex, ordinal)) continue
    if (isMoved || isCondemned || isLost) settledBytes += length
    else deadBytes += length
    isDamaged ||= isLost
    dead.push(position)
  }
  return { packIdHex: pack.packIdHex, segmentCount: pack.segmentCount, dead, deadBytes, settledBytes, isDamaged }
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
