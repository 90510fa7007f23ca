import { statSync } from 'node:fs'
import { EngineError } from '../../errors/index.ts'

const slash = 0x2f

/**
 * Places of Holdfast itself (the agent's own state, the hub's data) that nothing is restored into, whatever a request says: a
 * snapshot that held them would exchange keys and vaults under the feet of those who use them.
 *
 * Known by device and inode, so also by another name or through a bind mount.
 */
export class ProtectedPlaces {
  readonly #places: Identity[] = []
  /** Folders around them. */
  readonly #around: Identity[] = []

  /** @param paths absolute, raw bytes. */
  constructor(paths: readonly Uint8Array[]) {
    for (const path of paths) {
      const identities = identitiesOnTheWay(path)
      const place = identities.pop() ?? null
      if (place === null) continue
      this.#places.push(place)
      for (const around of identities) if (around !== null) this.#around.push(around)
    }
  }

  /** @throws EngineError `restore.place-protected` */
  requireOutside(folder: Identity): void {
    if (this.#places.some((place) => isSame(place, folder))) throw protectedPlace()
  }

  /** A folder that is to be moved: what lies in it would move along. @throws EngineError `restore.place-protected` */
  requireMovable(folder: Identity): void {
    this.requireOutside(folder)
    if (this.#around.some((around) => isSame(around, folder))) throw protectedPlace()
  }

  /** Of every folder on the way to the target, and the target itself. @throws EngineError `restore.place-protected` */
  requireTargetOutside(target: Uint8Array): void {
    if (this.#places.length === 0) return
    for (const identity of identitiesOnTheWay(target)) if (identity !== null) this.requireOutside(identity)
  }
}

interface Identity {
  readonly device: bigint
  readonly inode: bigint
}

const isSame = (left: Identity, right: Identity): boolean => left.device === right.device && left.inode === right.inode

/** Of each folder on the way to a path, and at last of what it leads to; null for what is not there. */
function identitiesOnTheWay(target: Uint8Array): (Identity | null)[] {
  const path = Buffer.from(target)
  const identities: (Identity | null)[] = []
  for (let end = path.indexOf(slash, 1); end !== -1; end = path.indexOf(slash, end + 1)) identities.push(identityOf(path.subarray(0, end)))
  return [...identities, identityOf(path)]
}

function identityOf(path: Buffer): Identity | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return { device: dev, inode: ino }
  } catch {
    // Not there, so nothing in it can be harmed.
    return null
  }
}

const protectedPlace = (): EngineError =>
  new EngineError('restore.place-protected', 'This place belongs to Holdfast itself and is never restored into. Choose another target.')
